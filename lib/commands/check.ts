import { lastOf, type Command, type CommonOptions } from './command.ts';

interface CheckOptions extends CommonOptions {
  readonly warning: string | undefined;
  readonly critical: string | undefined;
  readonly timeout: string | undefined;
}

const EXIT_CODES =
  'Exits as a monitoring plugin does: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. UNKNOWN is also a wrong command line, a wrong ' +
  'configuration, and a survey that has not come to its end in time.';

export const check: Command<CheckOptions> = {
  command: 'check',
  describe: 'the cluster and its certificates for Nagios, Icinga and Checkmk: a line, figures, an exit code',
  builder: (yargs) =>
    yargs
      .option('warning', {
        group: 'Options:',
        describe: 'WARNING when less is left of a certificate: days, or a part of its lifetime such as 25%',
        defaultDescription: '25%',
        requiresArg: true,
        type: 'string',
        coerce: lastOf<string>,
      })
      .option('critical', {
        group: 'Options:',
        describe: 'CRITICAL when less is left of it',
        defaultDescription: '10%',
        requiresArg: true,
        type: 'string',
        coerce: lastOf<string>,
      })
      .option('timeout', {
        group: 'Options:',
        describe: 'seconds for all of it',
        defaultDescription: '10',
        requiresArg: true,
        type: 'string',
        coerce: lastOf<string>,
      })
      // Not as a property of each: completion would offer --w.
      .alias({ warning: 'w', critical: 'c', timeout: 't' })
      .example('$0 check', 'certificates of 90, 45 and 6 days alike')
      .example('$0 check -w 21 -c 7', 'in days')
      .epilog(EXIT_CODES),
  handler: async ({ warning, critical, timeout }, io) => {
    const { runCheck } = await import('./run-check.ts');
    return await runCheck(io, { warning, critical, timeout });
  },
};
