import { randomBytes } from 'node:crypto';
import type { ConfigureOptions, LabNode } from './contract.ts';

/** What is done to a cluster's nodes alike, on any kind of lab. */
export interface Cluster {
  readonly configure: (config: string | null, options?: ConfigureOptions) => Promise<void>;
  readonly newClusterKey: (nodes?: readonly LabNode[]) => Promise<void>;
}

export interface ClusterOptions {
  readonly nodes: readonly LabNode[];
  readonly defaultConfig: () => string;
  /** What a node gets of a configuration; default all of it. */
  readonly contentFor?: (config: string, node: LabNode) => string;
  /** `user:group` of the key file; default root. */
  readonly keyOwner?: string;
  /** false: nothing is installed that could be restarted. */
  readonly hasAgents: boolean;
}

export function clusterOf(options: ClusterOptions): Cluster {
  const { nodes: all, defaultConfig, contentFor = (config) => config, hasAgents } = options;
  const keyOptions = { mode: 0o640, owner: options.keyOwner ?? 'root:root' };
  const restart = async (node: LabNode) => {
    if (!hasAgents) return;
    await node.stopService('agent');
    await node.startService('agent');
  };
  return {
    async configure(config, { nodes = all, restartAgents = true } = {}) {
      const content = config ?? defaultConfig();
      await Promise.all(
        nodes.map(async (node) => {
          await node.writeFile(node.paths.config, contentFor(content, node));
          if (restartAgents) await restart(node);
        }),
      );
    },
    async newClusterKey(nodes = all) {
      const key = newKey();
      await Promise.all(
        nodes.map(async (node) => {
          await node.writeFile(node.paths.keyFile, `${key}\n`, keyOptions);
          await restart(node);
        }),
      );
    },
  };
}

export function newKey(): string {
  return randomBytes(32).toString('hex');
}
