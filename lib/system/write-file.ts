import { readLink } from './read-file.ts';
import { link, open, rename, symlink, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findProcess } from './processes.ts';
import { CertbotHaError, hasErrorCode } from '../base/errors.ts';
import { entriesOf } from './read-file.ts';

/** What a name ends in while it is being written. */
export const TEMPORARY = '.certbot-ha.tmp';

export interface WriteOptions {
  readonly mode: number;
  /** the group to give it to; null leaves it to the file system */
  readonly gid: number | null;
  /** other programs may write it at the same moment; `removeOrphans` takes away what a killed one leaves */
  readonly isShared?: boolean;
}

/**
 * Writes a file aside, under the mode it shall have from its first byte, and renames it: nobody sees
 * a part of it, and after a loss of power it is whole or not there.
 */
export async function writeWhole(file: string, content: string, options: WriteOptions): Promise<void> {
  await withTemporary(file, options.isShared === true, async (temporary) => {
    await writeTemporary(temporary, content, options);
    await rename(temporary, file);
  });
}

/**
 * The same, but never over a file that is there.
 * @throws {CertbotHaError} `failed` when there is one
 */
export async function writeNew(file: string, content: string, options: WriteOptions): Promise<void> {
  await withTemporary(file, false, async (temporary) => {
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
  { mode, gid }: WriteOptions,
): Promise<void> {
  const handle = await open(temporary, 'wx', mode & 0o700);
  try {
    if (gid !== null) await handle.chown(process.getuid?.() ?? 0, gid);
    await handle.chmod(mode);
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes `name` a link to `target` by one rename: it never points nowhere in between. */
export async function switchLink(name: string, target: string): Promise<void> {
  if ((await readLink(name)) === target) return;
  await withTemporary(name, false, async (temporary) => {
    await symlink(target, temporary);
    await rename(temporary, name);
  });
}

async function withTemporary(
  name: string,
  isShared: boolean,
  run: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = isShared ? `${name}.${process.pid}${TEMPORARY}` : `${name}${TEMPORARY}`;
  await removeIfThere(temporary);
  try {
    await run(temporary);
  } catch (error) {
    await removeIfThere(temporary);
    throw error;
  }
  await syncDirectory(dirname(name));
}

/** A second name for a file; one that is there already stays. */
export async function linkOnce(existing: string, name: string): Promise<void> {
  try {
    await link(existing, name);
  } catch (error) {
    if (!hasErrorCode(error, 'EEXIST')) throw error;
  }
}

export async function removeIfThere(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT')) throw error;
  }
}

export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(join(directory, '.'), 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes what programs that were killed have left of files that are shared. */
export async function removeOrphans(directory: string): Promise<void> {
  const names = await entriesOf(directory);
  for (const name of names.filter((entry) => entry.endsWith(TEMPORARY))) {
    const pid = /\.(\d+)$/.exec(name.slice(0, -TEMPORARY.length))?.[1];
    if (pid === undefined || findProcess(Number(pid)) === null) await removeIfThere(join(directory, name));
  }
}
