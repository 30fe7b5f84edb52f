import { printExpected } from '../base/report-error.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { lostAccountOf, lostAccounts, type LostAccount } from '../lineage/lost-account.ts';
import { withInstallerLock } from '../state/installer-lock.ts';
import { isNoted, lacking, type Records } from '../state/records.ts';
import type { LockOptions } from '../system/lock.ts';

/** How long somebody waits for an installer at work, which would delay no more than this note: milliseconds. */
export const NOTE_WAIT_MS = 1_000;

export type AccountRecords = Pick<Records, 'installed' | 'installedOf' | 'writeInstalled'>;

interface NoteOptions {
  /** how long to wait for an installer */
  readonly lock: LockOptions;
  readonly err: (line: string) => void;
}

/**
 * Writes into the records which ACME accounts this node has lost, and which have come back: a peer that has one brings it,
 * with the generation that is here already. Where an installer keeps its lock, that is told, and noted the next time.
 * Resolves to those that are lost.
 */
export async function noteLostAccounts(
  { config: { stateDir, certificates } }: Pick<Cluster, 'config'>,
  records: AccountRecords,
  { lock, err }: NoteOptions,
): Promise<readonly LostAccount[]> {
  const { configDir, mode } = certificates;
  if (mode === 'per-node') return [];
  const installed = await records.installed();
  const lost = await lostAccounts(
    configDir,
    installed.map(({ lineage }) => lineage),
  );
  const changed = installed.filter(
    (record) => !isNoted(record, lost.find(({ lineage }) => lineage === record.lineage) ?? null),
  );
  if (changed.length === 0) return lost;
  const noteAll = async () => {
    for (const { lineage } of changed) await note(lineage, configDir, records);
  };
  try {
    await withInstallerLock(stateDir, noteAll, lock);
  } catch (error) {
    printExpected(error, err, 'which ACME accounts are lost is not noted yet: ');
  }
  return lost;
}

/** Looked at again while no installer works: it may have brought it meanwhile. */
async function note(lineage: string, configDir: string, records: AccountRecords): Promise<void> {
  const record = await records.installedOf(lineage);
  if (record === null) return;
  await records.writeInstalled(lacking(record, await lostAccountOf(configDir, lineage)));
}
