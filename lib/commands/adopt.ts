import type { Command, CommonOptions } from './command.ts';

interface AdoptOptions extends CommonOptions {
  readonly all: boolean | undefined;
  readonly 'dry-run': boolean | undefined;
  readonly here: boolean | undefined;
  readonly 'drop-hooks': boolean | undefined;
  readonly 'no-reconfigure': boolean | undefined;
  readonly lineages: readonly string[];
}

export const adopt: Command<AdoptOptions> = {
  command: 'adopt [lineages..]',
  describe: 'renew lineages of --webroot, --nginx and the like by the hooks',
  builder: (yargs) =>
    yargs
      .positional('lineages', {
        describe: 'names as certbot certificates shows them',
        type: 'string',
        array: true,
        default: [],
        defaultDescription: 'shows what each would need',
      })
      .option('all', {
        group: 'Options:',
        describe: 'every lineage that can be',
        type: 'boolean',
      })
      .option('dry-run', {
        group: 'Options:',
        describe: 'only show what would be changed',
        type: 'boolean',
      })
      .option('drop-hooks', {
        group: 'Options:',
        describe: 'keep none of its own pre, post and deploy hooks',
        type: 'boolean',
      })
      .option('no-reconfigure', {
        group: 'Options:',
        describe: "change the configuration without certbot's own dry run at the CA",
        type: 'boolean',
      })
      .option('here', {
        group: 'Options:',
        describe: 'on this node although another one is the issuer',
        type: 'boolean',
      })
      .example('$0 adopt', 'which lineages there are, and who renews them')
      .example('$0 adopt --dry-run www.example.com', 'what would be changed')
      .example('$0 adopt www.example.com', 'a drill of its names, then the change'),
  handler: async ({ lineages, all, here, ...options }, io) => {
    const { runAdopt } = await import('./run-adopt.ts');
    return await runAdopt(io, lineages, {
      isAll: all === true,
      isHere: here === true,
      isDryRun: options['dry-run'] === true,
      isDropping: options['drop-hooks'] === true,
      isEdited: options['no-reconfigure'] === true,
    });
  },
};
