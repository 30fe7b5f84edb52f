import { quieted, type Command, type CommonOptions } from './command.ts';
import { flag, LETTERS, QUIET } from './options.ts';

interface NotifyOptions extends CommonOptions {
  readonly test?: boolean | undefined;
}

export const notify: Command<NotifyOptions> = {
  command: 'notify',
  describe: 'send what is wrong, and what is over, to the receivers in the configuration',
  builder: (yargs) =>
    yargs
      .option('test', flag('send a test message to each of them'))
      .option('quiet', QUIET)
      .alias(LETTERS)
      .example('$0 notify --test', 'after a change of notify in the configuration'),
  handler: async ({ test, quiet }, io) => {
    const { runNotify } = await import('./run-notify.ts');
    return await runNotify(quieted(io, quiet), { isTest: test === true });
  },
};
