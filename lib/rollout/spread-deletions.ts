import { printExpected } from '../base/report-error.ts';
import { idOfDeletion } from '../lineage/deletion.ts';
import { isAhead } from '../lineage/stamp.ts';
import { isRecordDeletedBy } from '../state/deleted-records.ts';
import { withInstallerLock } from '../state/installer-lock.ts';
import type { Tombstone } from '../state/tombstones.ts';
import type { SyncOptions } from './sync-lineage.ts';

/** Whoever has the key may send many deletions; the rest comes the next time. */
const MAX_AT_ONCE = 20;

/**
 * Where there are no agents, a node asks nobody what was deleted. So each node that has a deletion from another one notes it
 * as outstanding for all others, once: the node where it was typed may be gone before one that was off is back. False, and
 * told, where one is not noted yet.
 */
export async function spreadDeletions(options: SyncOptions): Promise<boolean> {
  const { cluster, state, io, signal } = options;
  const { config, self } = cluster;
  const isDue = (one: Tombstone) => isToSpread(one, self.name);
  if (signal.aborted || !(await state.records.deletions()).some(isDue)) return !signal.aborted;
  const note = async () => {
    const due = (await state.records.deletions()).filter(isDue);
    for (const tombstone of due.slice(0, MAX_AT_ONCE)) await noteSpread(tombstone, options);
    return Math.max(0, due.length - MAX_AT_ONCE);
  };
  try {
    // While no installer works: it may just have a later one.
    const count = await withInstallerLock(config.stateDir, note, { signal });
    if (count > 0)
      io.err(`more deletions from other nodes than are passed on at once: ${count} wait for the next sync`);
    return count === 0;
  } catch (error) {
    printExpected(error, io.err, 'what was deleted from other nodes is not passed on yet: ');
    return false;
  }
}

/** One of a wrong clock counts for nothing, and one that waits here is not known to be possible. */
function isToSpread({ from, isSpread, isPending, stamp }: Tombstone, self: string): boolean {
  return from !== self && isSpread !== true && !isPending && !isAhead(stamp, new Date());
}

/** Never by force: that is for the node where it was typed. */
async function noteSpread(
  tombstone: Tombstone,
  { cluster: { peers }, state: { records, outstanding } }: SyncOptions,
): Promise<void> {
  const { lineage, from } = tombstone;
  const record = await records.installedOf(lineage);
  // What was issued after it brings itself.
  const isOver = record !== null && !isRecordDeletedBy(record, tombstone);
  const id = idOfDeletion({ ...tombstone, isForced: false, isTrial: false });
  const since = new Date().toISOString();
  const missing = isOver ? [] : peers.filter(({ name }) => name !== from);
  await outstanding.add(
    missing.map(({ name, isDrained }) => ({
      node: name,
      lineage,
      id,
      since,
      reason: { code: isDrained ? 'drained' : 'deletion-begun' },
    })),
  );
  await records.writeDeletion({ ...tombstone, isSpread: true });
}
