import type { ChannelClient } from '../channel/client.ts';
import { readLineages, readStatus } from '../channel/answers.ts';
import { LINEAGES, MAX_LINEAGES_BYTES, STATUS } from '../channel/protocol.ts';
import { type Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import type { InstalledRecord } from '../state/records.ts';

/** What a peer says of itself. */
export type PeerView =
  | {
      readonly node: ClusterNode;
      readonly isReachable: true;
      readonly heldVips: readonly string[];
      readonly installed: readonly InstalledRecord[];
    }
  | { readonly node: ClusterNode; readonly isReachable: false; readonly reason: string };

/** Asks every peer that is not drained, side by side. */
export async function surveyPeers(
  { peers }: Cluster,
  client: ChannelClient,
  signal: AbortSignal,
): Promise<readonly PeerView[]> {
  return await Promise.all(
    peers.filter(({ isDrained }) => !isDrained).map(async (node) => await viewOf(node, client, signal)),
  );
}

async function viewOf(node: ClusterNode, client: ChannelClient, signal: AbortSignal): Promise<PeerView> {
  const status = await client.request(node, 'GET', STATUS, { signal, read: readStatus });
  if (!status.isOk) return { node, isReachable: false, reason: status.reason };
  const list = await client.request(node, 'GET', LINEAGES, {
    signal,
    read: readLineages,
    maxBytes: MAX_LINEAGES_BYTES,
  });
  if (!list.isOk) return { node, isReachable: false, reason: list.reason };
  return { node, isReachable: true, heldVips: status.body.vips, installed: list.body.lineages };
}
