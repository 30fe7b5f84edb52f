import type { Cluster } from './cluster.ts';
import type { ClusterNode } from './config.ts';

/** An address that has to serve what was presented: a node's own, or a VIP. */
export interface Target {
  readonly kind: 'node' | 'vip';
  /** the node's name, or `vip` */
  readonly name: string;
  readonly address: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly isSelf: boolean;
  readonly isDrained: boolean;
  /** null for a VIP, which is whoever holds it */
  readonly node: ClusterNode | null;
}

/** Every node in the order of the configuration, then every VIP. */
export function targetsOf({ config, self }: Cluster): readonly Target[] {
  const nodes = config.nodes.map((node) => ({
    kind: 'node' as const,
    name: node.name,
    address: node.address,
    httpPort: node.httpPort,
    httpsPort: node.httpsPort,
    isSelf: node === self,
    isDrained: node.isDrained,
    node,
  }));
  const vips = config.vips.map((address) => ({
    kind: 'vip' as const,
    name: 'vip',
    address,
    httpPort: config.gate.httpPort,
    httpsPort: config.gate.httpsPort,
    isSelf: false,
    isDrained: false,
    node: null,
  }));
  return [...nodes, ...vips];
}
