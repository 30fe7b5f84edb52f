import type { Command, CommonOptions } from './command.ts';
import { flag } from './options.ts';

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
      .option('all', flag('every lineage that can be'))
      .option('dry-run', flag('only show what would be changed'))
      .option('drop-hooks', flag('keep none of its own pre, post and deploy hooks'))
      .option('no-reconfigure', flag("change the configuration without certbot's own dry run at the CA"))
      .option('here', flag('on this node although another one is the issuer'))
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
