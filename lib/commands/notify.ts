import type { Command, CommonOptions } from './command.ts';
import { flag } from './options.ts';

interface NotifyOptions extends CommonOptions {
  readonly test?: boolean | undefined;
}

export const notify: Command<NotifyOptions> = {
  command: 'notify',
  describe: 'tell those whom the configuration names what needs somebody, and what is over',
  builder: (yargs) =>
    yargs
      .option('test', flag('send a test message to each of them'))
      .example('$0 notify --test', 'after a change of notify in the configuration'),
  handler: async ({ test }, io) => {
    const { runNotify } = await import('./run-notify.ts');
    return await runNotify(io, { isTest: test === true });
  },
};
