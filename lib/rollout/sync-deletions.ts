import { print } from '../base/print.ts';
import { printExpected } from '../base/report-error.ts';
import { listOfLineages } from '../certbot/config-dir.ts';
import { whoOf } from '../cluster/target.ts';
import { goneHere, isGoneByHand } from '../lineage/by-hand.ts';
import { idOfDeletion } from '../lineage/deletion.ts';
import { deletedBy, type PeerView } from '../peers/survey.ts';
import { withInstallerLock } from '../state/installer-lock.ts';
import { overBy } from '../state/deleted-records.ts';
import { noteHere, toNote } from '../state/note-here.ts';
import type { InstalledRecord } from '../state/records.ts';
import type { Tombstone } from '../state/tombstones.ts';
import { lockLimits } from '../system/lock.ts';
import type { TimeLimit } from '../system/time-limit.ts';
import type { SyncOptions } from './sync-lineage.ts';

/** The ids under which a deletion may be outstanding: by force, and without. */
export function idsOf(tombstone: Tombstone): readonly string[] {
  return [true, false].map((isForced) => idOfDeletion({ ...tombstone, isForced, isTrial: false }));
}

/**
 * What was deleted on this node alone, by certbot or a hand: it stays recorded, or the others would bring it back. It is
 * written into the record, for the others to know; false, and told, where there is any, here or there.
 */
export async function noticeGone(
  views: readonly PeerView[],
  { cluster, state: { records }, io }: SyncOptions,
  limit: TimeLimit,
): Promise<{ readonly gone: readonly string[]; readonly isGood: boolean }> {
  const { configDir } = cluster.config.certificates;
  // What a deletion is about has no need of a record, and is forgotten with those of which nothing is left.
  const now = new Date();
  const isOver = overBy([...(await records.deletions()), ...deletedBy(views, now)], now);
  const installed = (await records.installed()).filter((one) => !isOver(one));
  const { byHand, lost } = await goneHere(configDir, installed, await records.hasList());
  if (lost.length > 0) print(io.err, { code: 'lineages-lost', directory: configDir, lineages: lost });
  const deleted = installed.filter((one) => byHand.includes(one.lineage));
  for (const { lineage } of deleted)
    print(io.err, { code: 'deleted-by-hand', lineage }, `${whoOf(cluster.self)}: `);
  const toMark = deleted.filter(({ goneSince }) => goneSince === undefined);
  try {
    if (toMark.length > 0) await noteGone(toMark, { config: cluster.config, records, limit });
  } catch (error) {
    printExpected(error, io.err, 'what was deleted on this node alone is not noted yet: ');
  }
  const isListed = await listHere(records, cluster.config, io, limit);
  const there = goneThere(views, isOver);
  for (const { view, lineage } of there)
    print(io.err, { code: 'deleted-by-hand', lineage }, `${whoOf(view.node)}: `);
  return { gone: byHand, isGood: isListed && byHand.length + lost.length + there.length === 0 };
}

/** Brings the list of what is here up to date; false, and told, where that cannot be. */
async function listHere(
  records: SyncOptions['state']['records'],
  { stateDir, certificates: { configDir } }: SyncOptions['cluster']['config'],
  io: SyncOptions['io'],
  limit: TimeLimit,
): Promise<boolean> {
  try {
    if ((await toNote(configDir, records)) === null) return true;
    const note = async () => {
      await noteHere(configDir, records);
    };
    await withInstallerLock(stateDir, note, lockLimits(limit));
    return true;
  } catch (error) {
    printExpected(error, io.err, `${listOfLineages(configDir)}: `);
    return false;
  }
}

/** Looked at again while no installer works: it may have brought it back meanwhile. */
async function noteGone(
  toMark: readonly InstalledRecord[],
  {
    config: { stateDir, certificates },
    records,
    limit,
  }: Pick<SyncOptions['cluster'], 'config'> & {
    readonly records: SyncOptions['state']['records'];
    readonly limit: TimeLimit;
  },
): Promise<void> {
  const note = async () => {
    for (const { lineage } of toMark) {
      const record = await records.installedOf(lineage);
      if (record === null || !(await isGoneByHand(certificates.configDir, lineage))) continue;
      await records.writeInstalled({ ...record, goneSince: new Date().toISOString() });
    }
  };
  await withInstallerLock(stateDir, note, lockLimits(limit));
}

function goneThere(views: readonly PeerView[], isOver: ReturnType<typeof overBy>) {
  return views.flatMap((view) =>
    (view.isReachable ? view.installed : [])
      .filter((record) => record.goneSince !== undefined && !isOver(record))
      .map(({ lineage }) => ({ view, lineage })),
  );
}
