import type { ClusterNode } from '../cluster/config.ts';
import { whoOf } from '../cluster/target.ts';
import { brief } from '../findings/brief.ts';
import type { Finding } from '../findings/register.ts';
import { indentedLinesOf } from '../findings/words.ts';
import type { PeerView } from '../peers/survey.ts';
import { isRecordDeletedBy } from '../state/deleted-records.ts';
import type { Tombstone } from '../state/tombstones.ts';
import { LIMITS } from '../system/limits.ts';
import { timeLimit } from '../system/time-limit.ts';
import { bringDeletion, type DeletionEnding } from './deletion.ts';
import { deletionEvents } from './delivery-events.ts';
import { idsOf } from './sync-deletions.ts';
import type { SyncOptions } from './sync-lineage.ts';

/** A deletion that a node has missed. */
interface Missed {
  readonly node: ClusterNode;
  /** under which it is outstanding */
  readonly id: string;
  readonly tombstone: Tombstone;
  readonly view: PeerView | undefined;
}

/**
 * Brings the deletions that are outstanding to the nodes that have missed them, in the order of the list: what still is,
 * goes to its end. True unless one of them still is.
 * @param limit after it none is begun: hooks wait meanwhile
 */
export async function bringOutstanding(
  views: readonly PeerView[],
  options: SyncOptions,
  limit = timeLimit(LIMITS.deletionsMs, options.signal),
): Promise<boolean> {
  const { io, signal } = options;
  const due = await missedNow(views, options);
  const silent = new Map<ClusterNode, Finding>();
  let isGood = true;
  for (const [index, missed] of due.entries()) {
    if (signal.aborted) return false;
    if (limit.leftMs() === 0) {
      io.err(
        `no time left for deletions that other nodes have missed: ${due.length - index} wait for the next sync`,
      );
      return false;
    }
    const ending = await bring(missed, silent, options);
    isGood = (await conclude(missed, ending, options)) && isGood;
  }
  return isGood;
}

/** Without those for a node that is drained, or away, which has been told. */
async function missedNow(
  views: readonly PeerView[],
  { cluster, state: { records, outstanding }, client }: SyncOptions,
): Promise<readonly Missed[]> {
  const tombstones = await records.deletions();
  if (tombstones.length === 0) return [];
  const ofId = new Map(tombstones.flatMap((one) => idsOf(one).map((id) => [id, one] as const)));
  return (await outstanding.list()).flatMap(({ node: name, id }) => {
    const tombstone = ofId.get(id);
    const node = cluster.peers.find((peer) => peer.name === name);
    const view = views.find((one) => one.node === node);
    if (tombstone === undefined || node === undefined || node.isDrained) return [];
    return client !== null && !view?.isReachable ? [] : [{ node, id, tombstone, view }];
  });
}

async function bring(
  { node, id, tombstone, view }: Missed,
  silent: Map<ClusterNode, Finding>,
  { cluster: { self }, transport, signal }: SyncOptions,
): Promise<DeletionEnding> {
  if (isKnownThere(view, tombstone)) return { node, state: 'done', result: null, findings: [] };
  // Who has not answered a moment ago is not waited for again.
  const why = silent.get(node);
  if (why !== undefined) return { node, state: 'silent', result: null, findings: [why] };
  // By force only as it was typed here: whoever can write into this node's inbox has no force on the others.
  const isForced = tombstone.from === self.name && id === idsOf(tombstone)[0];
  const deletion = { ...tombstone, isForced, isTrial: false };
  const ending = await bringDeletion(node, deletion, { delivery: await transport.deliver(), signal });
  const [found] = ending.findings;
  if (ending.state === 'silent' && ending.result === null && found !== undefined) silent.set(node, found);
  return ending;
}

/** What came from another node ends with an answer, and with one that nobody may read: where it was typed, it is outstanding. */
async function conclude(
  { node, id, tombstone: { lineage, from } }: Missed,
  ending: DeletionEnding,
  { cluster: { self }, state: { outstanding }, io, events }: SyncOptions,
): Promise<boolean> {
  const { state: ended, result, findings } = ending;
  await events.write(...deletionEvents(lineage, [ending]));
  const who = `${whoOf(node)}: ${lineage}: `;
  const isOwn = from === self.name;
  const isOver = ended === 'done' || (!isOwn && ended !== 'silent');
  if (ended === 'done') {
    if (isOwn || result === 'deleted') io.out(`${who}deleted`);
  } else {
    const say = isOver && ended === 'untold' ? io.out : io.err;
    const notDeleted = isOver ? 'not deleted' : 'not deleted yet';
    say(`${who}${ended === 'untold' ? 'handed over: how it ended cannot be asked' : notDeleted}`);
    for (const line of findings.flatMap(indentedLinesOf)) say(`  ${line}`);
  }
  if (isOver) {
    await outstanding.done(node.name, lineage, [id]);
    return ended !== 'refused';
  }
  const reason = brief(findings[0] ?? { code: 'deletion-waits', lineage });
  await outstanding.add([{ node: node.name, lineage, id, reason, since: new Date().toISOString() }]);
  return false;
}

/** Whether its agent says that it was deleted there, and nothing is left of it. */
function isKnownThere(view: PeerView | undefined, { lineage, stamp }: Tombstone): boolean {
  if (!view?.isReachable) return false;
  const isTold = (view.deleted ?? []).some(
    (one) => one.lineage === lineage && Date.parse(one.stamp) >= Date.parse(stamp),
  );
  return (
    isTold &&
    !view.installed.some((record) => record.lineage === lineage && isRecordDeletedBy(record, { stamp }))
  );
}
