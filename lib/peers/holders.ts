import { abilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { deadline, within } from '../system/deadline.ts';
import { heldHere } from '../cluster/vips.ts';
import { surveyPeers, type PeerView } from './survey.ts';
import { readStatus } from '../channel/answers.ts';
import { createClusterClient, type ChannelClient } from '../channel/client.ts';
import { STATUS } from '../channel/protocol.ts';
import { normalAddress } from '../net/address.ts';
import { CertbotHaError } from '../base/errors.ts';

const SURVEY_TIMEOUT_MS = 6_000;

/**
 * Which nodes hold a VIP now: self by its interfaces, peers by what their agents say. Without agents
 * only self is known.
 */
export async function holdersOf(
  cluster: Cluster,
  signal: AbortSignal,
): Promise<(node: ClusterNode) => boolean> {
  if (!abilitiesOf(cluster.config).hasAgents || cluster.config.vips.length === 0)
    return holdersBy(cluster, []);
  const client = createClusterClient(cluster);
  try {
    return holdersBy(cluster, await surveyPeers(cluster, client, within(signal, SURVEY_TIMEOUT_MS)));
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

/** The peer that says to hold a VIP; `none`: of those that answer nobody does; `unknown`: nobody answers. */
export type Holder = ClusterNode | 'none' | 'unknown';

/** For a line that tells who holds it, nobody should wait for long. */
const HOLDER_TIMEOUT_MS = 3_000;

/** Asks the peers which of them holds a VIP that self does not, drained ones too. Without agents it is unknown. */
export async function askForHolder(cluster: Cluster, vip: string): Promise<Holder> {
  const client = clientFor(cluster);
  if (client === null) return 'unknown';
  try {
    return await holderAmong(cluster.peers, vip, client);
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

async function holderAmong(
  peers: readonly ClusterNode[],
  vip: string,
  client: ChannelClient,
): Promise<Holder> {
  const signal = deadline(HOLDER_TIMEOUT_MS);
  const answers = await Promise.all(
    peers.map(async (node) => ({
      node,
      status: await client.request(node, 'GET', STATUS, { signal, read: readStatus }),
    })),
  );
  const holder = answers.find(
    ({ status }) =>
      status.isOk && status.body.vips.some((held) => normalAddress(held) === normalAddress(vip)),
  );
  if (holder) return holder.node;
  return answers.some(({ status }) => status.isOk) ? 'none' : 'unknown';
}
