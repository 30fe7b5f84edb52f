import { quieted, type Command } from './command.ts';
import { LETTERS, QUIET } from './options.ts';

export const sync: Command = {
  command: 'sync',
  describe: 'push what peers lack, ask for what this node lacks',
  builder: (yargs) =>
    yargs
      .option('quiet', QUIET)
      .alias(LETTERS)
      .example('$0 sync', 'at once, rather than with certbot-ha-sync.timer'),
  handler: async ({ quiet }, io) => {
    const { runSync } = await import('./run-sync.ts');
    return await runSync(quieted(io, quiet));
  },
};
