import { printExpected } from '../base/report-error.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { whoOf } from '../cluster/target.ts';
import { brief } from '../findings/brief.ts';
import { indentedLinesOf } from '../findings/words.ts';
import { idOfDeletion, type Deletion } from '../lineage/deletion.ts';
import { isAhead } from '../lineage/stamp.ts';
import { isRecordDeletedBy } from '../state/deleted-records.ts';
import { withInstallerLock } from '../state/installer-lock.ts';
import type { Tombstone } from '../state/tombstones.ts';
import { LIMITS } from '../system/limits.ts';
import { lockLimits } from '../system/lock.ts';
import { timeLimit } from '../system/time-limit.ts';
import { bringDeletion, type DeletionEnding } from './deletion.ts';
import type { SyncOptions } from './sync-lineage.ts';

/** Whoever has the key may send many deletions; the rest comes the next time. */
const MAX_AT_ONCE = 20;

/**
 * Where there are no agents, a node asks nobody what was deleted. So each node that has a deletion from another one brings it
 * to all others, once: the node where it was typed may be gone before one that was off is back. What a node misses is
 * outstanding from then on. True unless one of them is.
 */
export async function spreadDeletions(options: SyncOptions): Promise<boolean> {
  const { cluster, state, transport, io, signal } = options;
  const { self, peers } = cluster;
  const due = (await state.records.deletions()).filter((one) => isToSpread(one, self.name));
  if (due.length === 0) return true;
  const silent = new Set<ClusterNode>();
  const spread: Tombstone[] = [];
  let isGood = due.length <= MAX_AT_ONCE;
  for (const tombstone of due.slice(0, MAX_AT_ONCE)) {
    if (signal.aborted) break;
    const deletion = { ...tombstone, isTrial: false };
    const record = await state.records.installedOf(tombstone.lineage);
    // What was issued after it brings itself.
    const isOver = record !== null && !isRecordDeletedBy(record, tombstone);
    for (const node of isOver ? [] : peers.filter(({ name }) => name !== tombstone.from)) {
      const ending = await bring(node, deletion);
      if (ending.state === 'silent') silent.add(node);
      isGood = (await conclude(ending, deletion, options)) && isGood;
    }
    if (!isInterrupted()) spread.push(tombstone);
  }
  try {
    await noteSpread(spread, options);
  } catch (error) {
    printExpected(error, io.err, 'which deletions the other nodes have is not noted yet: ');
  }
  return isGood && !isInterrupted();

  function isInterrupted() {
    return signal.aborted;
  }

  async function bring(node: ClusterNode, deletion: Deletion): Promise<DeletionEnding> {
    const missed = { node, state: 'silent', result: null } as const;
    if (node.isDrained) return { ...missed, findings: [{ code: 'drained' }] };
    // Who has not answered a moment ago is not waited for again.
    if (silent.has(node))
      return { ...missed, findings: [{ code: 'deletion-waits', lineage: deletion.lineage }] };
    return await bringDeletion(node, deletion, { delivery: await transport.deliver(), signal });
  }
}

/** One of a wrong clock counts for nothing, and one that waits here is not known to be possible. */
function isToSpread({ from, isSpread, isPending, stamp }: Tombstone, self: string): boolean {
  return from !== self && isSpread !== true && !isPending && !isAhead(stamp, new Date());
}

/** What could not be asked is in the other node's inbox: where it was typed, that is outstanding. */
async function conclude(
  { node, state: end, result, findings }: DeletionEnding,
  deletion: Deletion,
  { state: { outstanding }, io }: SyncOptions,
): Promise<boolean> {
  const { lineage } = deletion;
  const who = `${whoOf(node)}: ${lineage}: `;
  if (result === 'deleted') io.out(`${who}deleted`);
  if (end === 'done' || end === 'untold') return true;
  io.err(`${who}not deleted yet`);
  for (const line of findings.flatMap(indentedLinesOf)) io.err(`  ${line}`);
  const reason = brief(findings[0] ?? { code: 'deletion-waits', lineage });
  const id = idOfDeletion(deletion);
  await outstanding.add([{ node: node.name, lineage, id, reason, since: new Date().toISOString() }]);
  return false;
}

/** Looked at again while no installer works: a later deletion may have come meanwhile. */
async function noteSpread(
  spread: readonly Tombstone[],
  { cluster: { config }, state: { records }, signal }: SyncOptions,
): Promise<void> {
  if (spread.length === 0) return;
  const note = async () => {
    for (const { lineage, stamp } of spread) {
      const now = await records.deletionOf(lineage);
      if (now?.stamp === stamp) await records.writeDeletion({ ...now, isSpread: true });
    }
  };
  await withInstallerLock(config.stateDir, note, lockLimits(timeLimit(LIMITS.installerMs, signal)));
}
