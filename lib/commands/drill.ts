import { quieted, type Command, type CommonOptions } from './command.ts';
import { flag, LETTERS, oneOf, QUIET } from './options.ts';

interface DrillOptions extends CommonOptions {
  readonly identifiers: readonly string[];
  readonly timeout: string | undefined;
  readonly dns: boolean | undefined;
}

export const drill: Command<DrillOptions> = {
  command: 'drill [identifiers..]',
  describe: 'rehearse the whole path with made-up tokens, without the CA',
  builder: (yargs) =>
    yargs
      .positional('identifiers', {
        describe: 'DNS names or IP addresses; a wildcard is rehearsed by DNS-01',
        type: 'string',
        array: true,
        default: [],
        defaultDescription: 'the names of all lineages',
      })
      .option('timeout', {
        ...oneOf('seconds until each node and VIP has to serve'),
        defaultDescription: 'gate.timeout',
      })
      .option('dns', flag('rehearse by DNS-01: a made-up TXT record, on every name server'))
      .option('quiet', QUIET)
      .alias({ ...LETTERS, timeout: 't' })
      .example('$0 drill www.example.com', 'before certbot asks the CA for this name')
      .example('$0 drill --dns example.com', 'the same by DNS-01'),
  handler: async ({ identifiers, timeout, dns, quiet }, io) => {
    const { runDrill } = await import('./run-drill.ts');
    // Here the results are what is wrong.
    const bad = quiet === true ? io.err : undefined;
    return await runDrill(quieted(io, quiet), identifiers, { timeout, isByDns: dns === true, bad });
  },
};
