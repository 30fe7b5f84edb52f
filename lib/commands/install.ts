import type { Command, CommonOptions } from './command.ts';
import { flag, severalOf } from './options.ts';

interface InstallOptions extends CommonOptions {
  readonly 'certbot-unit': readonly string[] | undefined;
  readonly force: boolean | undefined;
  readonly 'dry-run': boolean | undefined;
}

const DESCRIBE = 'put units, links and directories in place, and start what is configured';

export const install: Command<InstallOptions> = {
  command: 'install',
  describe: DESCRIBE,
  builder: (yargs) =>
    yargs
      .usage(`$0 [--config FILE] install\n\n${DESCRIBE}`)
      .option(
        'certbot-unit',
        severalOf('a service that runs certbot renew, besides those that are found; once for each'),
      )
      .option('force', flag('replace what was changed, and keep a copy of it'))
      .option('dry-run', flag('only show what would be done'))
      .example('$0 install --dry-run', 'what it would do on this host')
      .example('$0 install', 'again: what is there is left as it is'),
  handler: async (options, io) => {
    const { runInstall } = await import('./run-install.ts');
    return await runInstall(io, {
      services: options['certbot-unit'] ?? [],
      isForced: options.force === true,
      isDryRun: options['dry-run'] === true,
    });
  },
};
