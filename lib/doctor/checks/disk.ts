import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasErrorCode, isAbsent } from '../../base/errors.ts';
import { unlessHung } from '../../system/hung.ts';
import { complaint, judged, type Check, type Complaint } from '../check.ts';

/** What is left of a file system. */
export interface Room {
  readonly mebibytes: number;
  /** null where it does not count them */
  readonly inodes: number | null;
  /** nothing can be written there, whatever is left */
  readonly isReadOnly: boolean;
}

/** A bundle, a copy of a lineage and a journal need little, but not nothing. */
const LEAST = { fail: { mebibytes: 16, inodes: 100 }, warn: { mebibytes: 128, inodes: 1_000 } } as const;
const MEBIBYTE = 1_048_576;

/** There is room where certbot-ha and certbot write. */
export const disk: Check = {
  name: 'disk',
  run: async ({ cluster: { config, self }, signal }) => {
    const directories = [config.stateDir, config.certificates.configDir, self.webroot];
    const rooms = await Promise.all(
      directories.map(async (directory) => ({
        directory,
        room: await unlessHung(directory, signal, async () => await roomIn(directory)),
      })),
    );
    const least = Math.min(...rooms.map(({ room }) => room.mebibytes));
    return judged(
      rooms.flatMap(({ directory, room }) => complaintsOf(directory, room)),
      `${least} MiB or more left in ${directories.join(', ')}`,
    );
  },
};

export function complaintsOf(
  directory: string,
  { mebibytes, inodes, isReadOnly }: Room,
): readonly Complaint[] {
  if (isReadOnly) return [complaint('fail', { code: 'file-system-read-only', directory })];
  const level = (left: number, what: keyof (typeof LEAST)['fail']): Complaint['level'] | null =>
    left < LEAST.fail[what] ? 'fail' : left < LEAST.warn[what] ? 'warn' : null;
  const [room, files] = [level(mebibytes, 'mebibytes'), inodes === null ? null : level(inodes, 'inodes')];
  return [
    ...(room === null ? [] : [complaint(room, { code: 'little-room', directory, mebibytes })]),
    ...(files === null || inodes === null
      ? []
      : [complaint(files, { code: 'few-inodes', directory, inodes })]),
  ];
}

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
