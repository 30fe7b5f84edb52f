import type { Command, CommonOptions } from './command.ts';
import { flag, oneOf, severalOf } from './options.ts';

interface InitCommandOptions extends CommonOptions {
  readonly node: readonly string[] | undefined;
  readonly vip: readonly string[] | undefined;
  readonly webroot: string | undefined;
  readonly 'web-server': string | undefined;
  readonly transport: string | undefined;
  readonly keepalived: string | undefined;
  readonly join: boolean | undefined;
  readonly export: boolean | undefined;
  readonly force: boolean | undefined;
  readonly 'dry-run': boolean | undefined;
  readonly start: boolean | undefined;
}

const SETTINGS = ['node', 'vip', 'webroot', 'web-server', 'transport', 'keepalived'] as const;

export const init: Command<InitCommandOptions> = {
  command: 'init',
  describe: 'make configuration and key of a cluster, or take those of another node',
  form: 'an option for each node and each VIP: --node web1=192.0.2.11 --node web2=192.0.2.12 --vip 192.0.2.10',
  builder: (yargs) =>
    yargs
      .usage(
        '$0 [--config FILE] init\n\nmake configuration and key of a cluster, or take those of another node',
      )
      .option('node', severalOf('NAME=ADDRESS of a node; once for each, this one among them'))
      .option('vip', severalOf('a VIP, once for each; or none'))
      .option('webroot', oneOf('where the web server serves challenges from'))
      .option('web-server', oneOf('nginx, apache, caddy, haproxy or none'))
      .option('transport', oneOf('http, rsync, syncthing, unison or shared'))
      .option('keepalived', {
        ...oneOf("keepalived's configuration, for VIPs and nodes"),
        defaultDescription: '/etc/keepalived/keepalived.conf',
      })
      .option('export', flag('print configuration and key, for init --join on another node'))
      .option('join', flag('read both from stdin, and put them in place here'))
      .option('force', flag('replace what is there, and keep a copy of it'))
      .option('start', flag('also start what this node needs, and give the web server its part'))
      .option('dry-run', flag('only show what would be written'))
      .conflicts('export', [...SETTINGS, 'join', 'force', 'start', 'dry-run'])
      .conflicts('join', SETTINGS)
      .example('$0 init', 'on the first node: asks, and offers what it has found')
      .example('$0 init --export | ssh root@web2 $0 init --join --start', 'for each other node'),
  handler: async (options, io) => {
    const { runInit } = await import('./run-init.ts');
    return await runInit(io, {
      given: {
        nodes: options.node,
        vips: options.vip,
        webroot: listOf(options.webroot),
        webServer: listOf(options['web-server']),
        transport: listOf(options.transport),
      },
      keepalived: options.keepalived ?? null,
      isExported: options.export === true,
      isJoined: options.join === true,
      isForced: options.force === true,
      isDryRun: options['dry-run'] === true,
      isStarted: options.start === true,
    });
  },
};

function listOf(value: string | undefined): readonly string[] | undefined {
  return value === undefined ? undefined : [value];
}
