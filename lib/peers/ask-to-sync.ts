import { createClusterClient, type Answer, type ChannelClient } from '../channel/client.ts';
import { SYNC_REQUESTS } from '../channel/protocol.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { within } from '../system/deadline.ts';

/**
 * Asks a peer to bring self up to date: what is newer there is pushed by the peer's own sync, which
 * the answer does not wait for.
 */
export async function askToSync(
  peer: ClusterNode,
  { self }: Pick<Cluster, 'self'>,
  { client, signal }: { readonly client: ChannelClient; readonly signal: AbortSignal },
): Promise<Answer<unknown>> {
  return await client.request(peer, 'POST', SYNC_REQUESTS, { body: { node: self.name }, signal });
}

const ALL_TIMEOUT_MS = 6_000;

/**
 * Asks several peers at once, within some seconds.
 * @param onAnswer told of each as it comes
 * @returns whether one of them could be asked
 */
export async function askAllToSync(
  peers: readonly ClusterNode[],
  cluster: Cluster,
  { signal, onAnswer }: AskAllOptions,
): Promise<boolean> {
  const client = createClusterClient(cluster);
  const asking = within(signal, ALL_TIMEOUT_MS);
  try {
    const answers = await Promise.all(
      peers.map(async (peer) => {
        const answer = await askToSync(peer, cluster, { client, signal: asking });
        onAnswer(peer, answer);
        return answer.isOk;
      }),
    );
    return answers.includes(true);
  } finally {
    await client.close();
  }
}

export interface AskAllOptions {
  readonly signal: AbortSignal;
  readonly onAnswer: (peer: ClusterNode, answer: Answer<unknown>) => void;
}
