import { peersInService } from '../cluster/drained.ts';
import { readLineages, readStatus, type HeardList } from '../channel/answers.ts';
import type { Answer, ChannelClient } from '../channel/client.ts';
import { LINEAGES, MAX_LINEAGES_BYTES, STATUS, type NodeStatus } from '../channel/protocol.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import type { Finding, FindingOf } from '../findings/register.ts';
import { isAhead } from '../lineage/stamp.ts';
import type { InstalledRecord } from '../state/records.ts';
import type { ToldTombstone } from '../state/tombstones.ts';

/** What a node says of itself. @param isLast whether it is asked nothing else; default false */
export async function statusOf(
  node: ClusterNode,
  client: ChannelClient,
  signal: AbortSignal,
  isLast = false,
): Promise<Answer<NodeStatus>> {
  return await client.request(node, 'GET', STATUS, { signal, read: readStatus, isLast });
}

/** What a node says to have installed. @param isLast whether it is asked nothing else; default false */
export async function installedOn(
  node: ClusterNode,
  client: ChannelClient,
  signal: AbortSignal,
  isLast = false,
): Promise<Answer<HeardList>> {
  return await client.request(node, 'GET', LINEAGES, {
    signal,
    isLast,
    read: readLineages,
    maxBytes: MAX_LINEAGES_BYTES,
  });
}

/** All that a peer says. */
export type PeerView =
  | {
      readonly node: ClusterNode;
      readonly isReachable: true;
      readonly heldVips: readonly string[];
      readonly installed: readonly InstalledRecord[];
      /** what its clock, or this one's, tells nonsense of: neither newer nor older than anything */
      readonly ahead: readonly InstalledRecord[];
      /** the lineages, or places, of what cannot be read here; absent: none */
      readonly unread?: readonly string[];
      /** what was deleted, by what it says; absent: its version knows no deletions */
      readonly deleted?: readonly ToldTombstone[];
    }
  | { readonly node: ClusterNode; readonly isReachable: false; readonly reason: Finding };

/** Asks every peer that is not drained for both, side by side. @param silent are not asked, for that reason; default: none */
export async function surveyPeers(
  cluster: Cluster,
  client: ChannelClient,
  signal: AbortSignal,
  silent: ReadonlyMap<ClusterNode, Finding> = new Map(),
): Promise<readonly PeerView[]> {
  const ask = async (node: ClusterNode): Promise<PeerView> => {
    const reason = silent.get(node);
    return reason ? { node, isReachable: false, reason } : await viewOf(node, client, signal);
  };
  return await Promise.all(peersInService(cluster).map(ask));
}

async function viewOf(node: ClusterNode, client: ChannelClient, signal: AbortSignal): Promise<PeerView> {
  const status = await statusOf(node, client, signal);
  if (!status.isOk) return { node, isReachable: false, reason: status.reason };
  const list = await installedOn(node, client, signal);
  if (!list.isOk) return { node, isReachable: false, reason: list.reason };
  const { lineages, deleted, unread } = list.body;
  const told = { ...(deleted && { deleted }), ...(unread && { unread }) };
  return { node, isReachable: true, heldVips: status.body.vips, ...sorted(lineages, new Date()), ...told };
}

/** What can be compared of a node's records, and what is stamped more than a day ahead of this node's clock. */
export function sorted(
  records: readonly InstalledRecord[],
  now: Date,
): Readonly<Record<'installed' | 'ahead', readonly InstalledRecord[]>> {
  const isOff = ({ stamp }: InstalledRecord) => stamp !== undefined && isAhead(stamp, now);
  return { installed: records.filter((record) => !isOff(record)), ahead: records.filter(isOff) };
}

/** What those who answer say was deleted, but for what a wrong clock has stamped. */
export function deletedBy(views: readonly PeerView[], now: Date): readonly ToldTombstone[] {
  const told = views.flatMap((view) => (view.isReachable ? (view.deleted ?? []) : []));
  return told.filter(({ stamp }) => !isAhead(stamp, now));
}

/** What those who answer have installed of a lineage. */
export function recordsOf(views: readonly PeerView[], lineage: string): readonly InstalledRecord[] {
  const installed = views.flatMap((view) => (view.isReachable ? view.installed : []));
  return installed.filter((record) => record.lineage === lineage);
}

const MAX_SHOWN = 10;

/** That a part of what a node tells cannot be read here. */
export function unreadOf(unread: readonly string[]): FindingOf<'answer-read-in-part'> {
  return { code: 'answer-read-in-part', entries: unread.slice(0, MAX_SHOWN), count: unread.length };
}
