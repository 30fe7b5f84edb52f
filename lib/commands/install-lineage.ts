import { lastOf, quieted, type Command, type CommonOptions } from './command.ts';
import { flag, LETTERS, QUIET } from './options.ts';
import { secondsOf } from './seconds.ts';

interface InstallLineageOptions extends CommonOptions {
  readonly watch: boolean | undefined;
  readonly wait: string | undefined;
}

export const installLineage: Command<InstallLineageOptions> = {
  command: 'install-lineage',
  describe: 'install the lineages that have arrived in the inbox',
  builder: (yargs) =>
    yargs
      .option('watch', flag('stay, and install what comes'))
      .option('wait', {
        group: 'Options:',
        describe: 'stay that many seconds for what is staged and not activated yet',
        type: 'string',
        requiresArg: true,
        coerce: (given: string | string[]) => lastOf(given),
      })
      .option('quiet', QUIET)
      .alias(LETTERS)
      .conflicts('wait', 'watch')
      .example('$0 install-lineage', 'what has arrived, as certbot-ha-installer does')
      .example('$0 install-lineage --watch', 'where no systemd watches the inbox'),
  handler: async ({ watch, wait, quiet }, io) => {
    const { runInstallLineage } = await import('./run-install-lineage.ts');
    const hint = 'certbot-ha install-lineage --help shows what it takes';
    return await runInstallLineage(quieted(io, quiet), { watch, wait: secondsOf(wait, hint) });
  },
};
