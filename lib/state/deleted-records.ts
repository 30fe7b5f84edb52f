import { isAhead } from '../lineage/stamp.ts';
import type { InstalledRecord } from './records.ts';
import { isDeletedBy, newestDeletion, type Tombstone } from './tombstones.ts';

/** Whether a deletion is about what a record tells of; its notBefore counts where nobody has set a stamp. */
export function isRecordDeletedBy(
  { stamp, leaf }: Pick<InstalledRecord, 'stamp' | 'leaf'>,
  tombstone: Pick<Tombstone, 'stamp'> | null,
): boolean {
  return isDeletedBy({ stamp: stamp ?? leaf.notBefore }, tombstone);
}

/** Tells of a record whether it is over by one of these deletions. One that a wrong clock has stamped deletes nothing. */
export function overBy(
  tombstones: readonly Pick<Tombstone, 'lineage' | 'stamp'>[],
  now: Date,
): (record: InstalledRecord) => boolean {
  const sound = tombstones.filter(({ stamp }) => !isAhead(stamp, now));
  return (record) =>
    isRecordDeletedBy(record, newestDeletion(sound.filter(({ lineage }) => lineage === record.lineage)));
}
