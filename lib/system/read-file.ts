import type { Stats } from 'node:fs';
import { lstat, opendir, readdir, readlink, stat } from 'node:fs/promises';
import { hasErrorCode, isAbsent, isUnreadable } from '../base/errors.ts';
import { readText } from './read-text.ts';

/** The first names in a directory of somebody else's, who may have made a million; none where there is no such directory. */
export async function someEntriesOf(directory: string, atMost: number): Promise<readonly Buffer[]> {
  const names: Buffer[] = [];
  try {
    // As they are: a name need not be UTF-8. The type does not know of this encoding.
    const entries = await opendir(directory, { encoding: 'buffer' as BufferEncoding });
    for await (const { name } of entries) {
      names.push(name as unknown as Buffer);
      if (names.length === atMost) break; // leaving the loop closes it
    }
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  return names;
}

/** The names in a directory; none where there is no such directory. */
export async function entriesOf(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** The text of a plain file; null where nothing is there. Rejects as `readText` does. */
export async function textOf(file: string): Promise<string | null> {
  return await unlessAbsent(readText(file));
}

/** What lies there, a link itself; null when nothing does. */
export async function statOf(file: string): Promise<Stats | null> {
  return await unlessAbsent(lstat(file));
}

/** What a name leads to, through links; null when nothing is there. */
export async function targetOf(file: string): Promise<Stats | null> {
  return await unlessAbsent(stat(file));
}

export async function exists(file: string): Promise<boolean> {
  return (await statOf(file)) !== null;
}

/** Where a link points; null when there is none. */
export async function readLink(name: string): Promise<string | null> {
  try {
    return await readlink(name);
  } catch (error) {
    if (isAbsent(error) || hasErrorCode(error, 'EINVAL')) return null;
    throw error;
  }
}

/** Null where nothing is there. */
async function unlessAbsent<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

/** What is read, or `none` where it cannot be, such as on a failing disk: whoever needs it tells of that. */
export async function orNone<T, const N = T>(read: Promise<T>, none: N): Promise<T | N> {
  return await read.catch((error: unknown) => {
    if (isUnreadable(error)) return none;
    throw error;
  });
}
