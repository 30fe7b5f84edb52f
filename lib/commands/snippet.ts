import type { Command, CommonOptions } from './command.ts';
import { flag } from './options.ts';

interface SnippetOptions extends CommonOptions {
  readonly write: boolean | undefined;
  readonly force: boolean | undefined;
  readonly kind: readonly string[];
}

export const snippet: Command<SnippetOptions> = {
  command: 'snippet [kind..]',
  describe: 'print what a web server, a firewall or SELinux needs, or put it in place',
  builder: (yargs) =>
    yargs
      .usage(
        '$0 [--config FILE] snippet [--write [--force]] KIND\n\nprint what a web server needs to serve challenges, or a firewall to let the other nodes reach the agent',
      )
      .positional('kind', {
        describe:
          'nginx, apache, caddy, haproxy or traefik; firewall (whichever is active), nftables, firewalld, ufw or iptables; selinux',
        type: 'string',
        array: true,
        default: [],
        defaultDescription: 'none',
      })
      .option('write', flag('put it in place; a web server is tested and reloaded'))
      .option('force', flag('with --write, for a web server: replace another file, and keep a copy'))
      .example('$0 snippet nginx', 'the location, for the webroot of the configuration')
      .example('$0 snippet apache --write', 'for every virtual host')
      .example('$0 snippet firewall --write', 'let the other nodes reach the agent'),
  handler: async ({ kind, write, force }, io) => {
    const { runSnippet } = await import('./run-snippet.ts');
    return await runSnippet(io, kind, { isWritten: write === true, isForced: force === true });
  },
};
