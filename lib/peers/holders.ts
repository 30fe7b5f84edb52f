import { CertbotHaError } from '../base/errors.ts';
import { createClusterClient, type ChannelClient } from '../channel/client.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { heldHere } from '../cluster/vips.ts';
import type { Finding } from '../findings/register.ts';
import { normalAddress } from '../net/address.ts';
import { createSilentNodes } from '../state/silent-nodes.ts';
import { deadline, within } from '../system/deadline.ts';
import { statusOf, surveyPeers, type PeerView } from './survey.ts';

/** Which VIPs a node says to hold. */
export interface Holding {
  readonly node: ClusterNode;
  readonly heldVips: readonly string[];
}

/** The nodes that say to hold a VIP, in whatever spelling: one, unless keepalived is in trouble or the VIP is just moving. */
export function holdersAmong(holdings: readonly Holding[], vip: string): readonly ClusterNode[] {
  const holds = ({ heldVips }: Holding) =>
    heldVips.some((held) => normalAddress(held) === normalAddress(vip));
  return holdings.filter(holds).map(({ node }) => node);
}

/** What is odd about who holds the VIPs: two hold one or, where nobody is missing, none does. */
export function oddHolders(
  vips: readonly string[],
  holdings: readonly Holding[],
  isEverybody: boolean,
): readonly Finding[] {
  return vips.flatMap((address) => {
    const holders = holdersAmong(holdings, address).map(({ name }) => name);
    return holders.length > 0 || isEverybody ? oddlyHeld({ address, holders }) : [];
  });
}

/** What is odd about one VIP with these holders, by their names: nothing where it is one. */
export function oddlyHeld({
  address,
  holders,
}: {
  readonly address: string;
  readonly holders: readonly string[];
}): readonly Finding[] {
  if (holders.length === 0) return [{ code: 'vip-without-holder', address }];
  return holders.length === 1 ? [] : [{ code: 'vip-held-twice', address, nodes: holders }];
}

/** A roll-out can do without the answer, so it does not wait for it longer than for a canary. */
const SURVEY_TIMEOUT_MS = 6_000;

/**
 * What the peers say, for a roll-out: who holds a VIP, and what they know of the lineage. Drained peers are
 * not asked, since no roll-out comes to them. Without agents nothing is known.
 */
export async function viewsOf(cluster: Cluster, signal: AbortSignal): Promise<readonly PeerView[]> {
  if (!abilitiesOf(cluster.config).hasAgents) return [];
  const client = createClusterClient(cluster, createSilentNodes(cluster.config.stateDir));
  try {
    return await surveyPeers(cluster, client, within(signal, SURVEY_TIMEOUT_MS));
  } finally {
    await client.close();
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

/** The peers that say to hold a VIP: none, where of those that answer nobody does; null where nobody answers. */
export type Holders = readonly ClusterNode[] | null;

/** For a line that tells who holds it, nobody should wait for long. */
const HOLDER_TIMEOUT_MS = 3_000;

/** Asks the peers which of them hold a VIP, drained ones too: keepalived knows nothing of that. Without agents it is unknown. */
export async function askForHolders(cluster: Cluster, vip: string): Promise<Holders> {
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
    return known.length === 0 ? null : holdersAmong(known, vip);
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
