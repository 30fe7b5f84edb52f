import { constants } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrorCode } from '../errors.ts';
import { runAs, type Owner } from './run-as.ts';

/**
 * Removes paths in a directory that belongs to somebody else, with that somebody's rights. Absence is no error; false when something is left, such as a directory of a third user's.
 */
export async function removeAs(owner: Owner, paths: readonly string[]): Promise<boolean> {
  const { code } = await runAs(owner, ['rm', '-rf', '--one-file-system', '--', ...paths]);
  return code === 0;
}

/**
 * Takes what could not be removed out of such a directory, for an operator to look at. Nothing in it
 * is followed or opened, and the directory is held open, so that no link can take its place.
 */
export async function setAside(directory: string, name: string, target: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await mkdir(target, { recursive: true, mode: 0o700 });
    await rename(
      `/proc/self/fd/${handle.fd}/${name}`,
      join(target, `refused-${name}-${crypto.randomUUID()}`),
    );
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT')) throw error; // gone after all
  } finally {
    await handle.close();
  }
}
