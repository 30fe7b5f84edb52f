import { join } from 'node:path';
import type { NodePaths, ServiceName } from '../contract.ts';
import type { Vrrp } from './vrrp.ts';

export interface LoopbackNodeOptions {
  readonly name: string;
  readonly address: string;
  /** All of the node's files are below it. */
  readonly directory: string;
  /** Where the suite's commands and `node` are. */
  readonly binDir: string;
  readonly ports: { readonly http: number; readonly agent: number };
  readonly vrrp: Vrrp;
  /** What runs after `boot`. */
  readonly services: readonly ServiceName[];
}

export function pathsBelow(directory: string): NodePaths {
  return {
    config: join(directory, 'config.yaml'),
    keyFile: join(directory, 'cluster.key'),
    webroot: join(directory, 'webroot'),
    stateDir: join(directory, 'state'),
    records: join(directory, 'left-by-launchers'),
    letsencrypt: join(directory, 'letsencrypt'),
    nginxConfDir: join(directory, 'nginx', 'conf.d'),
  };
}

export function nginxDirectory(directory: string): string {
  return join(directory, 'nginx');
}
