import { createChannelClient } from '../channel/client.ts';
import { readKeyFile } from '../channel/key-file.ts';
import type { Cluster } from '../config/cluster.ts';
import type { ClusterNode } from '../config/config.ts';
import { within } from '../process/within.ts';
import { heldHere, surveyPeers } from './survey.ts';

const TIMEOUT_MS = 6_000;

/**
 * Which nodes hold a VIP now: self by its interfaces, peers by what their agents say. Without agents
 * (rsync and shared need none) only self is known.
 */
export async function holdersOf(
  cluster: Cluster,
  signal: AbortSignal,
): Promise<(node: ClusterNode) => boolean> {
  const holders = new Set<ClusterNode>(heldHere(cluster).length > 0 ? [cluster.self] : []);
  if (cluster.config.transport === 'http' && cluster.config.vips.length > 0) {
    const client = createChannelClient(cluster.self.name, readKeyFile(cluster.config.agent.keyFile));
    try {
      const views = await surveyPeers(cluster, client, within(signal, TIMEOUT_MS));
      for (const view of views) if (view.isReachable && view.heldVips.length > 0) holders.add(view.node);
    } finally {
      await client.close();
    }
  }
  return (node) => holders.has(node);
}
