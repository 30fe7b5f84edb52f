import { isSystemError } from '../base/expected.ts';
import { goneHere } from '../lineage/by-hand.ts';
import { addToList, isListOf, writeList } from '../lineage/listed.ts';
import { liveDirectory } from '../certbot/config-dir.ts';
import { targetOf } from '../system/read-file.ts';
import type { Records } from './records.ts';

export type ListedRecords = Pick<Records, 'installed' | 'hasList' | 'setHasList'>;

/**
 * Writes into certbot's directory which lineages have been there, so that what a hand deletes is told from a directory
 * that is lost. The caller has the installer's lock.
 */
export async function noteHere(configDir: string, records: ListedRecords): Promise<void> {
  const lineages = await toNote(configDir, records);
  if (lineages === null) return;
  await writeList(configDir, lineages);
  if (!(await records.hasList())) await records.setHasList();
}

/**
 * The same as soon as a lineage is recorded, or forgotten: null. A full disk makes no failure of what is done already: each sync
 * writes the list, or tells why not.
 */
export async function noteNowOrLater(
  configDir: string,
  records: ListedRecords,
  lineage: string | null,
): Promise<void> {
  try {
    const isAdded = lineage !== null && (await records.hasList()) && (await addToList(configDir, lineage));
    if (!isAdded) await noteHere(configDir, records);
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}

/** Null where the list is as it should be, or the directory is away. */
export async function toNote(
  configDir: string,
  records: Pick<ListedRecords, 'installed' | 'hasList'>,
): Promise<readonly string[] | null> {
  if ((await targetOf(liveDirectory(configDir)))?.isDirectory() !== true) return null;
  const recorded = await records.installed();
  const hasList = await records.hasList();
  const { lost } = await goneHere(configDir, recorded, hasList);
  const lineages = recorded.map(({ lineage }) => lineage).filter((lineage) => !lost.includes(lineage));
  const isDone = (await isListOf(configDir, lineages)) && (hasList || lineages.length === 0);
  return isDone ? null : lineages;
}
