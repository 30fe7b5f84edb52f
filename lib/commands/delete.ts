import { quieted, type Command, type CommonOptions } from './command.ts';
import { flag, LETTERS, QUIET } from './options.ts';

interface DeleteCommandOptions extends CommonOptions {
  readonly force: boolean | undefined;
  readonly 'dry-run': boolean | undefined;
  readonly undo: boolean | undefined;
  readonly lineage: readonly string[];
}

export const deleteCommand: Command<DeleteCommandOptions> = {
  command: 'delete [lineage..]',
  describe: 'delete a lineage on every node, for good',
  builder: (yargs) =>
    yargs
      .usage(
        '$0 [--config FILE] delete [-q] [--force | --dry-run | --undo] LINEAGE\n\ndelete a lineage on every node, for good',
      )
      .positional('lineage', {
        describe: 'its name, as certbot certificates shows it',
        type: 'string',
        array: true,
        default: [],
        defaultDescription: 'none',
      })
      .option('force', flag("though a web server's configuration names it"))
      .option('dry-run', flag('only tell what would become of it on each node'))
      .option('undo', flag('get back what certbot delete has deleted on this node alone'))
      .option('quiet', QUIET)
      .alias(LETTERS)
      .conflicts('undo', ['force', 'dry-run'])
      .conflicts('quiet', 'dry-run')
      .example('$0 delete www.example.com', 'once no web server names it any more')
      .example('$0 delete --undo www.example.com', 'after certbot delete on this node'),
  handler: async ({ lineage, quiet, force, undo, 'dry-run': dryRun }, io) => {
    const { runDelete } = await import('./run-delete.ts');
    const [isForced, isDryRun, isUndone] = [force === true, dryRun === true, undo === true];
    return await runDelete(quieted(io, quiet), lineage, { isForced, isDryRun, isUndone });
  },
};
