import type { Command } from './command.ts';

export const sync: Command = {
  command: 'sync',
  describe: 'push what peers lack, ask for what this node lacks',
  builder: (yargs) => yargs.example('$0 sync', 'at once, rather than with certbot-ha-sync.timer'),
  handler: async (_, io) => {
    const { runSync } = await import('./run-sync.ts');
    return await runSync(io);
  },
};
