import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasErrorCode, isAbsent } from '../base/errors.ts';

/** What is left of a file system. */
export interface Room {
  readonly mebibytes: number;
  /** null where it does not count them */
  readonly inodes: number | null;
}

const MEBIBYTE = 1_048_576;

/** What the operating system says of a directory. */
export interface FileSystem {
  readonly statfs: (
    directory: string,
  ) => Promise<Readonly<Record<'bavail' | 'bsize' | 'files' | 'ffree', number>>>;
  readonly access: (directory: string, mode: number) => Promise<unknown>;
}

const SYSTEM: FileSystem = { statfs, access };

/** Of the file system that a directory is on, or will be. */
export async function roomIn(
  directory: string,
  { statfs: ask }: Pick<FileSystem, 'statfs'> = SYSTEM,
): Promise<Room> {
  return await atOrAbove(directory, async (place) => {
    const { bavail, bsize, files, ffree } = await ask(place);
    // A file system such as btrfs has no fixed number of inodes, and says 0.
    return { mebibytes: Math.floor((bavail * bsize) / MEBIBYTE), inodes: files === 0 ? null : ffree };
  });
}

/** Whether who is not root can write nothing there for lack of room, as far as its file system tells: a quota it does not. */
export async function isFull(
  directory: string,
  { statfs: ask }: Pick<FileSystem, 'statfs'> = SYSTEM,
): Promise<boolean> {
  const { bavail, files, ffree } = await atOrAbove(directory, ask);
  return bavail === 0 || (files > 0 && ffree === 0);
}

/** Whether nothing can be written there, by root neither: as ext4 makes itself after an error. In a unit, all may be so but for what it writes to. */
export async function isReadOnly(
  directory: string,
  { access: ask }: Pick<FileSystem, 'access'> = SYSTEM,
): Promise<boolean> {
  return await atOrAbove(directory, async (place) => {
    try {
      await ask(place, constants.W_OK);
      return false;
    } catch (error) {
      if (isAbsent(error)) throw error;
      // Who may not write there for another reason is told by the check of it.
      return hasErrorCode(error, 'EROFS');
    }
  });
}

/** What is not there yet will be on the file system of what is above it. */
async function atOrAbove<T>(directory: string, look: (place: string) => Promise<T>): Promise<T> {
  try {
    return await look(directory);
  } catch (error) {
    const above = dirname(directory);
    if (isAbsent(error) && above !== directory) return await atOrAbove(above, look);
    throw error;
  }
}
