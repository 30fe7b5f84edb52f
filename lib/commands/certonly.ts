import type { Command } from './command.ts';
import { flag } from './options.ts';

/** @param given what follows the command: certbot's, all of it but --here, and not for yargs to read */
export function certonly(given: readonly string[]): Command {
  return {
    command: 'certonly',
    describe: 'run certbot certonly with the hooks',
    builder: (yargs) =>
      yargs
        .usage(
          '$0 [--config FILE] certonly [--here] -d NAME... [OPTIONS OF CERTBOT]\n\n' +
            'run certbot certonly with the hooks',
        )
        .option('here', flag('issue on this node although another one is the issuer'))
        .example('$0 certonly -d www.example.com --dry-run', 'try it with the staging CA')
        .example('$0 certonly -d www.example.com -d example.com', 'one certificate for two names')
        .example('$0 certonly --help all', 'ask certbot for its options')
        .epilog('Options of certbot-ha, such as --config, go before certonly. All others go to certbot.'),
    handler: async (_, io) => {
      const { runCertonly } = await import('./run-certonly.ts');
      return await runCertonly(io, given);
    },
  };
}
