import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasErrorCode, isAbsent } from '../base/errors.ts';

/** What is left of a file system. */
export interface Room {
  readonly mebibytes: number;
  /** null where it does not count them */
  readonly inodes: number | null;
  /** nothing can be written there, whatever is left */
  readonly isReadOnly: boolean;
}

const MEBIBYTE = 1_048_576;

/** What the operating system says of a directory. */
export interface FileSystem {
  readonly statfs: (
    directory: string,
  ) => Promise<Readonly<Record<'bavail' | 'bsize' | 'files' | 'ffree', number>>>;
  readonly access: (directory: string, mode: number) => Promise<unknown>;
}

/** Of the file system that a directory is on, or will be. */
export async function roomIn(directory: string, system: FileSystem = { statfs, access }): Promise<Room> {
  try {
    const { bavail, bsize, files, ffree } = await system.statfs(directory);
    // A file system such as btrfs has no fixed number of inodes, and says 0.
    const room = { mebibytes: Math.floor((bavail * bsize) / MEBIBYTE), inodes: files === 0 ? null : ffree };
    return { ...room, isReadOnly: await isReadOnly(directory, system) };
  } catch (error) {
    const above = dirname(directory);
    if (isAbsent(error) && above !== directory) return await roomIn(above, system);
    throw error;
  }
}

/** As ext4 makes itself after an error; root too may not write there. */
async function isReadOnly(directory: string, { access: ask }: FileSystem): Promise<boolean> {
  try {
    await ask(directory, constants.W_OK);
    return false;
  } catch (error) {
    // Who may not write there for another reason is told by the check of it.
    return hasErrorCode(error, 'EROFS');
  }
}
