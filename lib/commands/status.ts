import type { Command, CommonOptions } from './command.ts';
import { flag, oneOf } from './options.ts';

interface StatusOptions extends CommonOptions {
  readonly json: boolean | undefined;
  readonly watch: boolean | undefined;
  readonly check: boolean | undefined;
  readonly days: string | undefined;
  readonly timeout: string | undefined;
}

export const status: Command<StatusOptions> = {
  command: 'status',
  describe: 'show the nodes, who holds the VIP, the lineages everywhere, and what is outstanding',
  builder: (yargs) =>
    yargs
      .option('json', flag('print an object for programs'))
      .option('watch', flag('show it again every 2 s until interrupted'))
      .option('check', flag('print only what needs somebody, a line each, and exit 1 where there is any'))
      .option('days', {
        group: 'Options:',
        describe: 'with --check: complain of certificates with fewer days left',
        defaultDescription: 'a quarter of their time',
        requiresArg: true,
        type: 'string',
      })
      .option('timeout', {
        ...oneOf('seconds to look at everything; what was not seen by then is shown as unknown'),
        defaultDescription: '30',
      })
      // Not as a property of it: completion would offer --t.
      .alias({ timeout: 't' })
      .conflicts('watch', ['json', 'check'])
      .conflicts('check', 'json')
      .implies('days', 'check')
      .example('$0 status --watch', 'while keepalived or an agent is restarted')
      .example('$0 status --check', 'for a monitor')
      .example("$0 status --json | jq -r '.vips[].holder'", 'who holds the VIPs'),
  handler: async ({ json, watch, check, days, timeout }, io) => {
    const { runStatus } = await import('./run-status.ts');
    return await runStatus(io, { json, watch, check, days, timeout });
  },
};
