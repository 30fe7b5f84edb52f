import type { LabNode } from '../contract.ts';
import { withOverrides } from '../default-config.ts';
import { nginxDirectory } from './layout.ts';
import { nginxArgv } from './nginx.ts';
import { dirname } from 'node:path';

export interface LoopbackCluster {
  readonly nodes: readonly LabNode[];
  readonly vips: readonly string[];
  readonly ports: {
    readonly http: number;
    readonly https: number;
    readonly agent: number;
    readonly admin: number;
  };
}

/** The cluster's configuration. On hosts it is one file; on loopback each node's own paths have to be in it. */
export interface LoopbackConfig {
  common(this: void, overrides?: object): string;
  /** A configuration as JSON gets the node's paths; anything else stays as it is. */
  localize(this: void, config: string, node: LabNode): string;
  forNode(this: void, node: LabNode): string;
}

export function configOf({ nodes, vips, ports }: LoopbackCluster): LoopbackConfig {
  const base = {
    nodes: Object.fromEntries(
      nodes.map(({ name, address, paths }) => [name, { address, webroot: paths.webroot }]),
    ),
    vips,
    gate: { httpPort: ports.http, httpsPort: ports.https },
    agent: { port: ports.agent },
  };
  const common = (overrides?: object) => withOverrides(base, overrides);
  const localize = (config: string, node: LabNode) => {
    const given = parse(config);
    return given === undefined ? config : withOverrides(pathsOf(node, ports.admin), given);
  };
  return { common, localize, forNode: (node) => localize(common(), node) };
}

function pathsOf({ address, paths }: LabNode, adminPort: number): object {
  const nginx = nginxDirectory(dirname(paths.config));
  return {
    webroot: paths.webroot,
    stateDir: paths.stateDir,
    agent: { keyFile: paths.keyFile, adminListen: `${address}:${adminPort}` },
    certificates: { configDir: paths.letsencrypt },
    webServer: { test: nginxArgv(nginx, '-t'), reload: nginxArgv(nginx, '-s', 'reload') },
  };
}

function parse(config: string): object | undefined {
  try {
    const value: unknown = JSON.parse(config);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    // Not JSON: written by a test that wants it exactly so.
    return undefined;
  }
}
