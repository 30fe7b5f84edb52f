import { readStatus } from '../channel/answers.ts';
import type { ChannelClient } from '../channel/client.ts';
import { createClusterClient } from '../channel/cluster-client.ts';
import { STATUS } from '../channel/protocol.ts';
import { normalAddress } from '../config/address.ts';
import type { Cluster } from '../config/cluster.ts';
import type { ClusterNode } from '../config/config.ts';
import { CertbotHaError } from '../errors.ts';
import { within } from '../process/within.ts';

/** The peer that says to hold a VIP; `none`: of those that answer nobody does; `unknown`: nobody answers. */
export type Holder = ClusterNode | 'none' | 'unknown';

/** For a line that tells who holds it, nobody should wait for long. */
const TIMEOUT_MS = 3_000;

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
  if (cluster.config.transport !== 'http') return null;
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
  const signal = within(new AbortController().signal, TIMEOUT_MS);
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
