import { createClusterClient } from '../channel/cluster-client.ts';
import type { Cluster } from '../config/cluster.ts';
import type { ClusterNode } from '../config/config.ts';
import { within } from '../process/within.ts';
import { heldHere, surveyPeers, type PeerView } from './survey.ts';

const TIMEOUT_MS = 6_000;

/**
 * Which nodes hold a VIP now: self by its interfaces, peers by what their agents say. Without agents
 * (rsync and shared need none) only self is known.
 */
export async function holdersOf(
  cluster: Cluster,
  signal: AbortSignal,
): Promise<(node: ClusterNode) => boolean> {
  if (cluster.config.transport !== 'http' || cluster.config.vips.length === 0) return holdersBy(cluster, []);
  const client = createClusterClient(cluster);
  try {
    return holdersBy(cluster, await surveyPeers(cluster, client, within(signal, TIMEOUT_MS)));
  } finally {
    await client.close();
  }
}

/** The same by what the peers have said already. */
export function holdersBy(cluster: Cluster, views: readonly PeerView[]): (node: ClusterNode) => boolean {
  const holders = new Set<ClusterNode>(heldHere(cluster).length > 0 ? [cluster.self] : []);
  for (const view of views) if (view.isReachable && view.heldVips.length > 0) holders.add(view.node);
  return (node) => holders.has(node);
}
