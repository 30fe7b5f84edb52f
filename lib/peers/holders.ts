import { CertbotHaError } from '../base/errors.ts';
import { createClusterClient, type ChannelClient } from '../channel/client.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { heldHere } from '../cluster/vips.ts';
import type { Finding } from '../findings/register.ts';
import { createSilentNodes } from '../state/silent-nodes.ts';
import { deadline, within } from '../system/deadline.ts';
import { holdersAmong, type Holding } from './holdings.ts';
import { statusOf, surveyPeers, type PeerView } from './survey.ts';

/** A roll-out can do without the answer, so it does not wait for it longer than for a canary. */
const SURVEY_TIMEOUT_MS = 6_000;

/**
 * What the peers say, for a roll-out: who holds a VIP, and what they know of the lineage. Drained peers are
 * not asked, since no roll-out comes to them. Without agents nothing is known.
 * @param client has connections to them already; default: one for this alone
 * @param silent those of whom this program has just had no answer, and why: they are not asked again
 */
export async function viewsOf(
  cluster: Cluster,
  signal: AbortSignal,
  client: ChannelClient | null = null,
  silent: ReadonlyMap<ClusterNode, Finding> = new Map(),
): Promise<readonly PeerView[]> {
  if (!abilitiesOf(cluster.config).hasAgents) return [];
  const limit = within(signal, SURVEY_TIMEOUT_MS);
  if (client !== null) return await surveyPeers(cluster, client, limit, silent);
  const own = createClusterClient(cluster, createSilentNodes(cluster.config.stateDir));
  try {
    return await surveyPeers(cluster, own, limit, silent);
  } finally {
    await own.close();
  }
}

/** Which nodes hold a VIP now, for the order of a roll-out: self by its interfaces, peers by what they say. */
export function holdersBy(cluster: Cluster, views: readonly PeerView[]): (node: ClusterNode) => boolean {
  const holders = new Set<ClusterNode>(heldHere(cluster).length > 0 ? [cluster.self] : []);
  for (const view of views) if (view.isReachable && view.heldVips.length > 0) holders.add(view.node);
  return (node) => holders.has(node);
}

/** Which nodes hold a VIP, of self and those that say so: none also where nobody tells. */
export function vipHoldersBy(
  cluster: Cluster,
  views: readonly PeerView[],
): (vip: string) => readonly ClusterNode[] {
  const heard = views.flatMap((view) => (view.isReachable ? [view] : []));
  const holdings = [{ node: cluster.self, heldVips: heldHere(cluster) }, ...heard];
  return (vip) => holdersAmong(holdings, vip);
}

/** For a line that tells who holds it, nobody should wait for long. */
const HOLDER_TIMEOUT_MS = 3_000;

/**
 * Which VIPs the peers that answer say to hold, drained ones too: keepalived knows nothing of that. Null where nobody
 * answers, or can be asked.
 */
export async function askForHoldings(cluster: Cluster): Promise<readonly Holding[] | null> {
  const client = clientFor(cluster);
  if (client === null) return null;
  const signal = deadline(HOLDER_TIMEOUT_MS);
  try {
    const holdings = await Promise.all(
      cluster.peers.map(async (node): Promise<Holding | null> => {
        const status = await statusOf(node, client, signal);
        return status.isOk ? { node, heldVips: status.body.vips } : null;
      }),
    );
    const known = holdings.filter((holding) => holding !== null);
    return known.length === 0 ? null : known;
  } finally {
    await client.close();
  }
}

function clientFor(cluster: Cluster): ChannelClient | null {
  if (!abilitiesOf(cluster.config).hasAgents) return null;
  try {
    return createClusterClient(cluster);
  } catch (error) {
    if (error instanceof CertbotHaError) return null; // who needs the key for more than a name tells what is wrong with it
    throw error;
  }
}
