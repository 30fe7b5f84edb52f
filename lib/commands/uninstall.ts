import type { Command, CommonOptions } from './command.ts';
import { flag } from './options.ts';

interface UninstallOptions extends CommonOptions {
  readonly force: boolean | undefined;
  readonly 'dry-run': boolean | undefined;
}

const DESCRIBE = 'stop the units, and remove what install has put in place';

export const uninstall: Command<UninstallOptions> = {
  command: 'uninstall',
  describe: DESCRIBE,
  builder: (yargs) =>
    yargs
      .usage(`$0 [--config FILE] uninstall\n\n${DESCRIBE}`)
      .option('force', flag('remove what was changed as well, and keep a copy of it'))
      .option('dry-run', flag('only show what would be done'))
      .example('$0 uninstall --dry-run', 'what it would remove')
      .example('$0 uninstall', 'configuration, key, state and lineages stay'),
  handler: async (options, io) => {
    const { runUninstall } = await import('./run-install.ts');
    return await runUninstall(io, {
      isForced: options.force === true,
      isDryRun: options['dry-run'] === true,
    });
  },
};
