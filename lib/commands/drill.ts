import { quieted, type Command, type CommonOptions } from './command.ts';
import { LETTERS, oneOf, QUIET } from './options.ts';

interface DrillOptions extends CommonOptions {
  readonly identifiers: readonly string[];
  readonly timeout: string | undefined;
}

export const drill: Command<DrillOptions> = {
  command: 'drill [identifiers..]',
  describe: 'rehearse the whole path with made-up tokens, without the CA',
  builder: (yargs) =>
    yargs
      .positional('identifiers', {
        describe: 'DNS names or IP addresses',
        type: 'string',
        array: true,
        default: [],
        defaultDescription: 'the names of all lineages',
      })
      .option('timeout', {
        ...oneOf('seconds until each node and VIP has to serve'),
        defaultDescription: 'gate.timeout',
      })
      .option('quiet', QUIET)
      .alias({ ...LETTERS, timeout: 't' })
      .example('$0 drill www.example.com', 'before certbot asks the CA for this name'),
  handler: async ({ identifiers, timeout, quiet }, io) => {
    const { runDrill } = await import('./run-drill.ts');
    // Here the results are what is wrong.
    const bad = quiet === true ? io.err : undefined;
    return await runDrill(quieted(io, quiet), identifiers, { timeout, bad });
  },
};
