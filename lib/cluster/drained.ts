import type { Cluster } from './cluster.ts';
import type { ClusterNode } from './config.ts';

// Who is left out where `drained: true` takes a node into maintenance. A drained node gets no
// challenge and no lineage from others, and is not probed: `isProbed` of target.ts. A lineage that self has it installs and reloads drained
// or not, lest it comes back with the old certificate; a challenge it does not write then.

/** Every peer that others are to reach, in the order of the configuration. */
export function peersInService({ peers }: Pick<Cluster, 'peers'>): readonly ClusterNode[] {
  return peers.filter(({ isDrained }) => !isDrained);
}

/** Self, drained or not, and every peer that is not, in the order of the configuration. */
export function selfAndPeersInService({ config, self }: Cluster): readonly ClusterNode[] {
  return config.nodes.filter((node) => node === self || !node.isDrained);
}
