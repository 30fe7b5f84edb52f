import { quieted, type Command, type CommonOptions } from './command.ts';
import { LETTERS, QUIET } from './options.ts';

export const drill: Command<CommonOptions & { readonly identifiers: readonly string[] }> = {
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
      .option('quiet', QUIET)
      .alias(LETTERS)
      .example('$0 drill www.example.com', 'before certbot asks the CA for this name'),
  handler: async ({ identifiers, quiet }, io) => {
    const { runDrill } = await import('./run-drill.ts');
    // Here the results are what is wrong.
    return await runDrill(quieted(io, quiet), identifiers, quiet === true ? io.err : undefined);
  },
};
