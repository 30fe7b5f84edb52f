import { constants } from 'node:fs';
import { copyFile, mkdir, open, realpath, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasErrorCode } from '../base/errors.ts';
import { beyondNewest, datedBy } from './keep-newest.ts';
import { entriesOf } from './read-file.ts';
import { removeAs, ROOT } from './as-owner.ts';
import { syncFile } from './sync-files.ts';
import { removeIfThere } from './write-file.ts';

const MAX_ASIDE = 20;
const MAX_NAME = 64;
const ASIDE = /^refused-.+-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:\.partial)?$/;
const PARTIAL = '.partial';

/**
 * Takes what could not be removed out of such a directory, for an operator to look at. Nothing in it
 * is followed or opened, and the directory is held open, so that no link can take its place. The
 * newest ones are kept there.
 */
export async function setAside(directory: string, name: string | Buffer, target: string): Promise<void> {
  const bytes = Buffer.from(name);
  const aside = asideOf(target, bytes);
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await mkdir(target, { recursive: true, mode: 0o700 });
    await rename(Buffer.concat([Buffer.from(`/proc/self/fd/${handle.fd}/`), bytes]), aside);
  } catch (error) {
    // Gone after all; or on a filesystem of its own, where it is as well aside as it can be.
    if (hasErrorCode(error, 'ENOENT', 'EXDEV')) return;
    throw error;
  } finally {
    await handle.close();
  }
  await pruneAside(target, aside);
}

/** The same in a directory of this program's own, which may be reached by a link. */
export async function setOwnAside(file: string, target: string): Promise<void> {
  await setAside(await realpath(dirname(file)), basename(file), target);
}

/** The same for a plain file that stays where it is, until another one takes its place by a rename. */
export async function copyAside(file: string, target: string): Promise<void> {
  const aside = asideOf(target, Buffer.from(basename(file)));
  await mkdir(target, { recursive: true, mode: 0o700 });
  // Killed in the middle of it, it must not look whole.
  const partial = `${aside}${PARTIAL}`;
  try {
    await copyFile(file, partial, constants.COPYFILE_EXCL);
    await syncFile(partial);
    await rename(partial, aside);
  } catch (error) {
    await removeIfThere(partial).catch(() => undefined); // the error below tells more
    throw error;
  }
  await pruneAside(target, aside);
}

function asideOf(target: string, name: Buffer): string {
  const plain = name
    .toString('latin1')
    .replaceAll(/[^\w.-]/g, '_')
    .slice(0, MAX_NAME);
  return join(target, `refused-${plain}-${crypto.randomUUID()}`);
}

/** rm(1) goes down by open directories, so that one whose owner swaps it for a link leads nowhere. */
async function pruneAside(target: string, newest: string): Promise<void> {
  const others = (await entriesOf(target)).filter((name) => ASIDE.test(name) && name !== basename(newest));
  // Being moved has changed its ctime, whatever else its owner has set.
  const old = beyondNewest(await datedBy('ctimeMs', target, others), MAX_ASIDE - 1);
  if (old.length > 0)
    await removeAs(
      ROOT,
      old.map((name) => join(target, name)),
    );
}
