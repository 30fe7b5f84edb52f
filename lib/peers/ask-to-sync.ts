import type { Answer, ChannelClient } from '../channel/client.ts';
import { SYNC_REQUESTS } from '../channel/protocol.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';

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
