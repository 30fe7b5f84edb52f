import type { Command, CommonOptions } from './command.ts';

interface StatusOptions extends CommonOptions {
  readonly json: boolean | undefined;
  readonly watch: boolean | undefined;
}

export const status: Command<StatusOptions> = {
  command: 'status',
  describe: 'show the nodes, who holds the VIP, the lineages everywhere, and what is outstanding',
  builder: (yargs) =>
    yargs
      .option('json', { group: 'Options:', describe: 'print an object for programs', type: 'boolean' })
      .option('watch', {
        group: 'Options:',
        describe: 'show it again every 2 s until interrupted',
        type: 'boolean',
      })
      .conflicts('watch', 'json')
      .example('$0 status --watch', 'while keepalived or an agent is restarted')
      .example("$0 status --json | jq -r '.vips[].holder'", 'who holds the VIPs'),
  handler: async ({ json, watch }, io) => {
    const { runStatus } = await import('./run-status.ts');
    return await runStatus(io, { json, watch });
  },
};
