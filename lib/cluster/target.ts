import type { Cluster } from './cluster.ts';
import type { ClusterNode } from './config.ts';

/** An address that has to serve what was presented: a node's own, or a VIP. */
export interface Target {
  readonly kind: 'node' | 'vip';
  /** the node's name, or `vip 192.0.2.10`: no two targets have the same */
  readonly name: string;
  readonly address: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** expects a PROXY protocol header on both: the nodes, and never a VIP, which the CA asks without one; absent: no */
  readonly isBehindProxy?: boolean;
  readonly isSelf: boolean;
  readonly isDrained: boolean;
  /** nothing has answered there a moment ago; absent: that is not known */
  readonly wasSilent?: boolean;
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
    ...(node.isBehindProxy && { isBehindProxy: true }),
    isSelf: node === self,
    isDrained: node.isDrained,
    node,
  }));
  const vips = config.vips.map((address) => ({
    kind: 'vip' as const,
    name: `vip ${address}`,
    address,
    httpPort: config.gate.httpPort,
    httpsPort: config.gate.httpsPort,
    isSelf: false,
    isDrained: false,
    node: null,
  }));
  return [...nodes, ...vips];
}

/** Who a line of a report is about: `web1 192.0.2.1`, or `vip 192.0.2.10`. */
export function whoOf(who: ClusterNode | Target): string {
  return 'kind' in who && who.kind === 'vip' ? who.name : `${who.name} ${who.address}`;
}

/** A target's name where its address has a column of its own. */
export function nameBesideAddress({ kind, name }: Target): string {
  return kind === 'vip' ? 'vip' : name;
}
