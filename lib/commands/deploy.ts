import { quieted, type Command, type CommonOptions } from './command.ts';
import { LETTERS, QUIET } from './options.ts';

export const deploy: Command<CommonOptions & { readonly lineages: readonly string[] }> = {
  command: 'deploy [lineages..]',
  describe: 'deliver lineages to every node again, as the deploy hook does',
  builder: (yargs) =>
    yargs
      .positional('lineages', {
        describe: 'names as certbot certificates shows them',
        type: 'string',
        array: true,
        default: [],
        defaultDescription: 'all',
      })
      .option('quiet', QUIET)
      .alias(LETTERS)
      .example('$0 deploy www.example.com', 'after a roll-out that was stopped'),
  handler: async ({ lineages, quiet }, io) => {
    const { runDeploy } = await import('./run-deploy.ts');
    return await runDeploy(quieted(io, quiet), lineages);
  },
};
