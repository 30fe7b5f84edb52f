import type { ClusterNode } from '../cluster/config.ts';

/** The order in which nodes take a new certificate: what goes wrong shall go wrong where it hurts least. */
export interface RollOrder {
  /** do not hold a VIP; the first of them that can be reached goes first, alone */
  readonly backups: readonly ClusterNode[];
  /** hold a VIP; go last, one after another */
  readonly holders: readonly ClusterNode[];
}

/** Self stands in its place like any other, but is no canary where a peer can be: it is where certbot runs. */
export function rollOrder(
  nodes: readonly ClusterNode[],
  self: ClusterNode,
  isHolder: (node: ClusterNode) => boolean,
): RollOrder {
  const backups = nodes.filter((node) => !isHolder(node));
  return {
    backups: [...backups.filter((node) => node !== self), ...backups.filter((node) => node === self)],
    holders: nodes.filter(isHolder),
  };
}
