import { readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CertbotHaError } from '../base/errors.ts';
import { entriesOf, statOf } from '../system/read-file.ts';
import { runCommand } from '../system/run-command.ts';
import { runLimits, type TimeLimit } from '../system/time-limit.ts';
import { syncDirectory, syncFile } from '../system/sync-files.ts';

const PARTIAL = '.partial';

/**
 * Copies a file or directory by cp(1), which keeps owners, groups and labels; the backups may be on another filesystem.
 * @param directory of the backups, for the words
 * @throws {CertbotHaError} `failed`, `backup-not-made`: what is there of the copy is not all
 */
export async function copyTree(
  source: string,
  to: string,
  { directory, limit }: { readonly directory: string; readonly limit: TimeLimit },
): Promise<void> {
  const { code, stderr } = await runCommand(['cp', '-a', '-T', '--', source, to], runLimits(limit));
  if (code === 0) return;
  const said = stderr.split('\n').filter(Boolean);
  throw new CertbotHaError('failed', { code: 'backup-not-made', directory, said });
}

/**
 * Makes a copy in the backups: whole and on the disk, or not there at all. What a kill or a full disk has cut off has another
 * name, which nobody takes for a copy.
 */
export async function makeWhole(copy: string, make: (partial: string) => Promise<void>): Promise<void> {
  const partial = `${copy}${PARTIAL}`;
  try {
    await make(partial);
    await syncAll(partial);
    await rename(partial, copy);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
  await syncDirectory(dirname(copy));
}

export function isPartial(name: string): boolean {
  return name.endsWith(PARTIAL);
}

/** Removes what was cut off of these copies, lest each new try leaves another. */
export async function removePartials(backup: string, isOf: (copy: string) => boolean): Promise<void> {
  for (const name of await entriesOf(backup))
    if (isPartial(name) && isOf(name.slice(0, -PARTIAL.length)))
      await rm(join(backup, name), { recursive: true, force: true });
}

/** Each file and directory; the whole filesystem would take as long as the host is busy. */
async function syncAll(directory: string): Promise<void> {
  if ((await statOf(directory))?.isDirectory() !== true) return;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await syncDirectory(path);
    else if (entry.isFile()) await syncFile(path);
  }
  await syncDirectory(directory);
}
