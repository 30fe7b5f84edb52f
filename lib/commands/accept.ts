import type { Command, CommonOptions } from './command.ts';

export const accept: Command<CommonOptions & { readonly changes: readonly string[] }> = {
  command: 'accept [changes..]',
  describe: 'let another node change on this one whom certbot trusts and what it renews',
  builder: (yargs) =>
    yargs
      .usage(
        '$0 [--config FILE] accept LINEAGE KEY=VALUE...\n\n' +
          'let another node change on this one whom certbot trusts and what it renews',
      )
      .positional('changes', {
        describe: 'the lineage and its changes, as the refusal of a delivery prints them',
        type: 'string',
        array: true,
        default: [],
        defaultDescription: 'none',
      })
      .example(
        '$0 accept www.example.com server=https://ca.example/directory account=...',
        'after the change of CA',
      ),
  handler: async ({ changes }, io) => {
    const { runAccept } = await import('./run-accept.ts');
    return await runAccept(io, changes);
  },
};
