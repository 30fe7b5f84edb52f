import type { Command, CommonOptions } from './command.ts';
import { flag, oneOf } from './options.ts';

interface EventsOptions extends CommonOptions {
  readonly follow: boolean | undefined;
  readonly since: string | undefined;
  readonly lines: string | undefined;
  readonly lineage: string | undefined;
  readonly failed: boolean | undefined;
}

export const events: Command<EventsOptions> = {
  command: 'events',
  describe: 'show what certbot-ha has done on this node, the newest last',
  builder: (yargs) =>
    yargs
      .option('json', flag('print an object a line for programs'))
      .option('follow', flag('show what happens from now on, until interrupted'))
      .option(
        'since',
        oneOf('none from before that: 2026-11-28, "2026-11-28 09:30", or 90s, 30m, 12h, 7d ago'),
      )
      .option('lines', {
        ...oneOf('so many at most, the newest'),
        defaultDescription: '50; with --follow 10; with --since all',
      })
      .alias({ lines: 'n' })
      .option('lineage', oneOf('only those of this lineage, or of this name of a challenge'))
      .option('failed', flag('only what has failed'))
      .example('$0 events --failed --since 7d', 'what has gone wrong this week')
      .example('$0 events --follow', 'while a certificate is renewed'),
  handler: async ({ json, follow, since, lines, lineage, failed }, io) => {
    const { runEvents } = await import('./run-events.ts');
    return await runEvents(io, { json, follow, since, lines, lineage, failed });
  },
};
