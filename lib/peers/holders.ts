import { CertbotHaError } from '../base/errors.ts';
import { createClusterClient, type ChannelClient } from '../channel/client.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { heldHere } from '../cluster/vips.ts';
import { normalAddress } from '../net/address.ts';
import { deadline, within } from '../system/deadline.ts';
import { statusOf, surveyPeers, type PeerView } from './survey.ts';

/** Which VIPs a node says to hold. */
export interface Holding {
  readonly node: ClusterNode;
  readonly heldVips: readonly string[];
}

/** The node that says to hold a VIP, in whatever spelling; null where none of these does. */
export function holderAmong(holdings: readonly Holding[], vip: string): ClusterNode | null {
  const holds = ({ heldVips }: Holding) =>
    heldVips.some((held) => normalAddress(held) === normalAddress(vip));
  return holdings.find(holds)?.node ?? null;
}

/** A roll-out can do without the answer, so it does not wait for it longer than for a canary. */
const SURVEY_TIMEOUT_MS = 6_000;

/**
 * Which nodes hold a VIP now, for the order of a roll-out: self by its interfaces, peers by what their
 * agents say. Drained peers are not asked, since no roll-out comes to them. Without agents only self
 * is known.
 */
export async function holdersOf(
  cluster: Cluster,
  signal: AbortSignal,
): Promise<(node: ClusterNode) => boolean> {
  if (!abilitiesOf(cluster.config).hasAgents || cluster.config.vips.length === 0) {
    return holdersBy(cluster, []);
  }
  const client = createClusterClient(cluster);
  try {
    return holdersBy(cluster, await surveyPeers(cluster, client, within(signal, SURVEY_TIMEOUT_MS)));
  } finally {
    await client.close();
  }
}

/** Which nodes hold a VIP, by what the peers have said already. */
export function holdersBy(cluster: Cluster, views: readonly PeerView[]): (node: ClusterNode) => boolean {
  const holders = new Set<ClusterNode>(heldHere(cluster).length > 0 ? [cluster.self] : []);
  for (const view of views) if (view.isReachable && view.heldVips.length > 0) holders.add(view.node);
  return (node) => holders.has(node);
}

/** The peer that says to hold a VIP; `none`: of those that answer nobody does; `unknown`: nobody answers. */
export type Holder = ClusterNode | 'none' | 'unknown';

/** For a line that tells who holds it, nobody should wait for long. */
const HOLDER_TIMEOUT_MS = 3_000;

/** Asks the peers which of them holds a VIP that self does not, drained ones too: keepalived knows nothing of that. Without agents it is unknown. */
export async function askForHolder(cluster: Cluster, vip: string): Promise<Holder> {
  const client = clientFor(cluster);
  if (client === null) return 'unknown';
  const signal = deadline(HOLDER_TIMEOUT_MS);
  try {
    const holdings = await Promise.all(
      cluster.peers.map(async (node): Promise<Holding | null> => {
        const status = await statusOf(node, client, signal);
        return status.isOk ? { node, heldVips: status.body.vips } : null;
      }),
    );
    const known = holdings.filter((holding) => holding !== null);
    return known.length === 0 ? 'unknown' : (holderAmong(known, vip) ?? 'none');
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
