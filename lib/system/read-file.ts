import { readlink } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { hasErrorCode } from '../base/errors.ts';

/** The names in a directory; none where there is no such directory. */
export async function entriesOf(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return [];
    throw error;
  }
}

/** The same for names that need not be UTF-8, as they are. */
export async function rawEntriesOf(directory: string): Promise<readonly Buffer[]> {
  try {
    return await readdir(directory, { encoding: 'buffer' });
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return [];
    throw error;
  }
}

/** The text of a file; null where there is none. */
export async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/** What lies there, a link itself; null when nothing does. */
export async function statOf(file: string): Promise<Stats | null> {
  try {
    return await lstat(file);
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return null;
    throw error;
  }
}

export async function exists(file: string): Promise<boolean> {
  return (await statOf(file)) !== null;
}

/** Where a link points; null when there is none. */
export async function readLink(name: string): Promise<string | null> {
  try {
    return await readlink(name);
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'EINVAL')) return null;
    throw error;
  }
}
