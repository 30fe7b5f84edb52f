import { readLink } from './read-file.ts';
import type { Stats } from 'node:fs';
import { link, open, rename, symlink, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findProcess, isHidden, pidNamespace } from './processes.ts';
import { ifItKnows, syncDirectory, UNKNOWN_CALL } from './sync-files.ts';
import { CertbotHaError, hasErrorCode } from '../base/errors.ts';
import { isSystemError } from '../base/expected.ts';
import { entriesOf, statOf } from './read-file.ts';

/** What the name of everything ends in that is being written: `NAME.certbot-ha.tmp`, or `NAME.PID-NAMESPACE-RANDOM.certbot-ha.tmp` where several may write. */
export const TEMPORARY = '.certbot-ha.tmp';
const OWNER = /\.(\d+)-([0-9a-f]+)-[0-9a-f]{8}$/;
/** Longer than anybody writes. */
const LEFT_AFTER_MS = 600_000;
/** Short, since a lineage's name may be long and a file's has 255 bytes at most. */
const RANDOM_DIGITS = 8;

export interface WriteOptions {
  readonly mode: number;
  /** the group to give it to; null, the default, leaves it to the file system */
  readonly gid?: number | null;
  /** the owner to give it to with the group; default: this process's user */
  readonly uid?: number;
  /** others may write it at the same moment, this program among them; `removeOrphans` takes away what a killed one leaves */
  readonly isShared?: boolean;
  /** whether it survives a loss of power, which takes the time of two syncs; default true */
  readonly isDurable?: boolean;
  /** whether its name survives as well; false where the caller syncs the directory after several files; default as isDurable */
  readonly isNameSynced?: boolean;
}

/**
 * Writes a file aside, under the mode it shall have from its first byte whatever the umask, and renames
 * it: nobody sees a part of it and, where it is durable, after a loss of power it is whole or not there.
 */
export async function writeWhole(file: string, content: string, options: WriteOptions): Promise<void> {
  await withTemporary(file, options, async (temporary) => {
    await writeTemporary(temporary, content, options);
    await rename(temporary, file);
  });
}

/**
 * Writes a file as `writeWhole` does, but never over one that is there.
 * @throws {CertbotHaError} `failed` when there is one
 */
export async function writeNew(file: string, content: string, options: WriteOptions): Promise<void> {
  await withTemporary(file, options, async (temporary) => {
    await writeTemporary(temporary, content, options);
    await link(temporary, file).catch((error: unknown) => {
      if (!hasErrorCode(error, 'EEXIST')) throw error;
      throw new CertbotHaError('failed', { code: 'written-meanwhile', file });
    });
    await unlink(temporary);
  });
}

async function writeTemporary(
  temporary: string,
  content: string,
  { mode, gid = null, uid = process.getuid?.() ?? 0, isDurable = true }: WriteOptions,
): Promise<void> {
  const handle = await open(temporary, 'wx', mode & 0o700);
  try {
    if (gid !== null) await handle.chown(uid, gid);
    await changeMode(handle, mode);
    await handle.writeFile(content);
    if (isDurable) await ifItKnows(handle.sync());
  } finally {
    await handle.close();
  }
}

/** Where modes are those of the mount, as with SMB, it is enough that they do: who shall read it can, and of a secret nobody else. */
export async function changeMode(
  file: { chmod(mode: number): Promise<void>; stat(): Promise<Pick<Stats, 'mode'>> },
  mode: number,
): Promise<void> {
  try {
    await file.chmod(mode);
  } catch (error) {
    if (!hasErrorCode(error, 'EPERM', ...UNKNOWN_CALL)) throw error;
    const has = (await file.stat()).mode & 0o777;
    const isForAll = (mode & 0o004) !== 0;
    const wanted = mode & 0o555;
    if (isForAll ? (has & wanted) !== wanted : has !== mode) throw error;
  }
}

/** Makes `name` a link to `target` by one rename: it never points nowhere in between. */
export async function switchLink(name: string, target: string): Promise<void> {
  if ((await readLink(name)) === target) return;
  await withTemporary(name, {}, async (temporary) => {
    await symlink(target, temporary);
    await rename(temporary, name);
  });
}

async function withTemporary(
  name: string,
  {
    isShared = false,
    isDurable = true,
    isNameSynced = isDurable,
  }: Pick<WriteOptions, 'isShared' | 'isDurable' | 'isNameSynced'>,
  run: (temporary: string) => Promise<void>,
): Promise<void> {
  const who = isShared ? `.${process.pid}-${namespace()}-${randomDigits()}` : '';
  const temporary = `${name}${who}${TEMPORARY}`;
  // Where one alone writes, a name that is there was left by a program that was killed.
  if (!isShared) await removeIfThere(temporary);
  try {
    await run(temporary);
  } catch (error) {
    await removeIfThere(temporary).catch(() => undefined); // the error below tells more
    throw error;
  }
  if (isNameSynced) await syncDirectory(dirname(name));
}

/** Removes a file; resolves to whether it was there. */
export async function removeIfThere(file: string): Promise<boolean> {
  try {
    await unlink(file);
    return true;
  } catch (error) {
    // What leads there and is no directory is trouble, and not absence.
    if (hasErrorCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Removes what programs that were killed have left of files that are shared. What cannot be removed harms nobody, and stays. */
export async function removeOrphans(directory: string): Promise<void> {
  const names = await ifItCan(entriesOf(directory));
  for (const name of (names ?? []).filter((entry) => entry.endsWith(TEMPORARY))) {
    const file = join(directory, name);
    if (isOfDead(name) || (await ifItCan(isOld(file)))) await ifItCan(removeIfThere(file));
  }
}

function isOfDead(name: string): boolean {
  const [, pid, of] = OWNER.exec(name.slice(0, -TEMPORARY.length)) ?? [];
  // A number of another namespace, such as a container's, tells nothing here.
  return of === namespace() && findProcess(Number(pid)) === null && !isHidden(Number(pid));
}

async function isOld(file: string): Promise<boolean> {
  const stat = await statOf(file); // null: its writer has renamed it meanwhile
  return stat !== null && Date.now() - stat.mtimeMs > LEFT_AFTER_MS;
}

/** Tells apart those of several hosts, on a file system that they share. Not of `crypto`, which a hook would load for this alone. */
function randomDigits(): string {
  return Math.floor(Math.random() * 16 ** RANDOM_DIGITS)
    .toString(16)
    .padStart(RANDOM_DIGITS, '0');
}

function namespace(): string {
  return Number(pidNamespace() ?? 0).toString(16);
}

async function ifItCan<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return null;
  }
}
