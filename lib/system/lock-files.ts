import { rmdirSync, unlinkSync } from 'node:fs';
import { lstat, mkdir, readdir, rmdir, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { callbackify } from 'node:util';
import { CertbotHaError, hasErrorCode } from '../base/errors.ts';
import { holderOf } from './lock-holder.ts';
import { createWatch, judge } from './stale-lock.ts';

const NEVER = new Date(8.64e15);
const LONG_AGO = new Date(0);

/**
 * The file system as proper-lockfile sees it while one lock is taken, held and released. It makes a directory, judges
 * it by its mtime, refreshes that, and removes it. Here, the directory holds a file that names its holder, and that
 * decides: the mtime of a lock whose holder lives is never past, and that of a dead holder's always is, so that no step of the clock
 * gives a lock to two or keeps it from all. Who finds a file beside the own one backs off, so that two who make and
 * remove directories at the same moment cannot both get it.
 * @param own the name of the holder's file
 */
export function lockFilesOf(own: string | null) {
  let refreshed: Date | null = null;
  let condemned: readonly string[] = [];
  const watch = createWatch();
  let isUndecided = false;

  async function mtimeOf(path: string): Promise<{ readonly mtime: Date }> {
    const { mtime, names } = await lookInto(path);
    if (own === null && refreshed !== null) return { mtime };
    // A time that somebody else has set takes nothing away.
    if (own !== null && names.includes(own)) return { mtime: refreshed ?? mtime };
    // Ours no more: what proper-lockfile compares it with is not this.
    const unchangedMs = watch.unchangedMs(mtime);
    const judged = refreshed === null ? judge(names, mtime, unchangedMs) : 'past';
    isUndecided = judged === 'undecided' && !watch.hasChanged();
    if (judged !== 'past') return { mtime: NEVER };
    // It could never be removed.
    if (names.some((name) => holderOf(name) === null)) throw noLock(path);
    condemned = names;
    return { mtime: LONG_AGO };
  }

  async function remove(path: string): Promise<void> {
    // By their names, so that nobody takes away the file of one who has got the lock meanwhile.
    const others = refreshed === null ? condemned.filter((name) => holderOf(name) !== null) : [];
    for (const name of own === null ? others : [...others, own]) {
      await unlink(join(path, name)).catch(unlessGone);
    }
    await rmdir(path).catch((error: unknown) => {
      if (refreshed === null || !hasErrorCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
    });
  }

  async function refresh(path: string, atime: Date, mtime: Date): Promise<void> {
    await utimes(path, atime, mtime);
    refreshed = mtime;
  }

  return {
    mkdir: callbackify(async (path: string) => await make(path, own)),
    stat: callbackify(mtimeOf),
    utimes: callbackify(refresh),
    rmdir: callbackify(remove),
    /** Whether nobody can tell yet whether it is held: its holder is not seen, and it has not been refreshed since it was first looked at. */
    isUndecided: () => isUndecided,
    /** Of a lost lock: who comes next would take this process, which lives on, for its holder. */
    leave: async (path: string) => {
      if (own === null) return;
      await unlink(join(path, own)).catch(() => undefined);
      await rmdir(path).catch(() => undefined); // unless a successor is in it
    },
    /** at the end of the process */
    rmdirSync: (path: string) => {
      if (own !== null) unlinkSync(join(path, own));
      rmdirSync(path);
    },
  };
}

async function lookInto(path: string): Promise<{ readonly mtime: Date; readonly names: readonly string[] }> {
  // The link itself: one that leads nowhere is there for mkdir, and gone for stat.
  const found = await lstat(path);
  if (!found.isDirectory()) throw noLock(path);
  return { mtime: found.mtime, names: await readdir(path) };
}

async function make(path: string, own: string | null): Promise<void> {
  await mkdir(path);
  if (own === null) return;
  try {
    await writeFile(join(path, own), '', { flag: 'wx' });
  } catch (error) {
    await rmdir(path).catch(() => undefined); // another one's by now, or gone
    throw error;
  }
  if ((await readdir(path)).length === 1) return;
  await unlink(join(path, own));
  throw Object.assign(new Error('taken meanwhile'), { code: 'ELOCKED' });
}

function noLock(place: string): CertbotHaError {
  return new CertbotHaError('failed', { code: 'no-lock', place }, { hint: 'see what it is, and remove it' });
}

function unlessGone(error: unknown): void {
  if (!hasErrorCode(error, 'ENOENT')) throw error;
}
