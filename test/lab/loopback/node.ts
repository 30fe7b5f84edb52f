import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PLAIN_ENVIRONMENT } from '../command.ts';
import type { LabNode } from '../contract.ts';
import { loopbackHost } from './host.ts';
import { nginxArgv } from './nginx.ts';
import { reloadWorkers } from './reload.ts';
import { loopbackServices, notOnLoopback } from './services.ts';
import { nginxDirectory, pathsBelow, type LoopbackNodeOptions } from './layout.ts';

/** A node whose services are child processes of ours, none of them started yet. */
export function createLoopbackNode(options: LoopbackNodeOptions): LabNode {
  const { name, address, directory, binDir } = options;
  const paths = pathsBelow(directory);
  const env = {
    PATH: `${binDir}:${PLAIN_ENVIRONMENT.PATH}`,
    HOME: directory,
    CERTBOT_HA_CONFIG: paths.config,
    CERTBOT_HA_NODE: name,
    CERTBOT_HA_RECORDS: paths.records,
  };
  const host = loopbackHost(name, address, env);
  const services = loopbackServices(options, env);
  return {
    ...host,
    address6: null,
    paths,
    startService: services.start,
    stopService: services.stop,
    killService: services.kill,
    reloadNginx: () =>
      reloadWorkers(services.pidOf('nginx'), () =>
        host.check(nginxArgv(nginxDirectory(directory), '-s', 'reload')),
      ),
    unplug: () => Promise.reject(notOnLoopback('a cable')),
    plug: () => Promise.reject(notOnLoopback('a cable')),
    async powerOff() {
      for (const service of options.services) await services.kill(service);
    },
    async boot() {
      await Promise.all(options.services.map(services.start));
    },
    tokens: async () => {
      const directory = join(paths.webroot, '.well-known/acme-challenge');
      return (await readdir(directory).catch(() => [])).toSorted((a, b) => a.localeCompare(b));
    },
  };
}
