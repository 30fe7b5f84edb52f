import type { Command, CommonOptions } from './command.ts';

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
      .example('$0 drill www.example.com', 'before certbot asks the CA for this name'),
  handler: async ({ identifiers }, io) => {
    const { runDrill } = await import('./run-drill.ts');
    return await runDrill(io, identifiers);
  },
};
