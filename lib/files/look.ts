import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { hasErrorCode } from '../errors.ts';

/** The names in a directory; none where there is no such directory. */
export async function entriesOf(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** What lies there, a link itself; null when nothing does. */
export async function statOf(file: string): Promise<Stats | null> {
  try {
    return await lstat(file);
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

export async function exists(file: string): Promise<boolean> {
  return (await statOf(file)) !== null;
}
