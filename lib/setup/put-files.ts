import { chmod, chown, link, mkdir, rename, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CertbotHaError, hasErrorCode, isForbidden } from '../base/errors.ts';
import type { Finding } from '../findings/register.ts';
import { withLock } from '../system/lock.ts';
import { removeIfThere, writeNew, writeWhole } from '../system/write-file.ts';
import { stateOf, type NewFile, type Rights } from './file-state.ts';
import { takeBack, withLeft, type Step } from './undo.ts';

export type { NewFile } from './file-state.ts';

const DIRECTORY_MODE = 0o755;

/** Those that something else stands in the place of. */
export async function differing(files: readonly NewFile[]): Promise<readonly NewFile[]> {
  const states = await Promise.all(files.map(stateOf));
  return files.filter((_, index) => states[index]?.is === 'other content');
}

/** @throws {CertbotHaError} `failed` where one would be replaced, and is not to be */
export async function refuseDiffering(files: readonly NewFile[], isForced: boolean): Promise<void> {
  const differ = isForced ? [] : await differing(files);
  if (differ.length > 0) throw filesDiffer(differ.map(({ file }) => file));
}

const BY_FORCE = '--force replaces them, and keeps a copy of each';

export function filesDiffer(files: readonly string[], hint = BY_FORCE): CertbotHaError {
  return new CertbotHaError('failed', { code: 'files-differ', files }, { hint });
}

/** What was written, a line each, and how to take all of it back. */
export interface Written {
  readonly lines: readonly string[];
  /** whether anything is other than before */
  readonly isChanged: boolean;
  /** resolves to what could not be put back */
  readonly undo: () => Promise<readonly Finding[]>;
}

interface PutOptions {
  readonly isForced: boolean;
  /** the time in the names of copies; default: now */
  readonly now?: Date;
}

/**
 * Puts files in place, all or none, with a directory that is not there. What is replaced stays beside it, as
 * `FILE.before-TIME`. One that is there already in just this way is not touched, and a link to it stays a link. Of several who do so at
 * the same time, one waits for the other.
 * @throws {CertbotHaError} `failed` where one differs, and `isForced` is false; `config` where this process may not write
 */
export async function putFiles(
  files: readonly NewFile[],
  { isForced, now = new Date() }: PutOptions,
): Promise<Written> {
  await refuseDiffering(files, isForced);
  const states = await Promise.all(files.map(stateOf));
  if (states.every(({ is }) => is === 'same')) {
    return { lines: files.map(alreadyThere), isChanged: false, undo: async () => await Promise.resolve([]) };
  }
  const directories: Step[] = [];
  const steps: Step[] = [];
  const undo = async () => [...(await takeBack(steps)), ...(await takeBack(directories))];
  const lines: string[] = [];
  let file = '';
  const putAll = async () => {
    try {
      for (const entry of files) {
        ({ file } = entry);
        lines.push(await put(entry, { isForced, now }, steps));
      }
    } catch (error) {
      throw withLeft(explained(error, file), await takeBack(steps));
    }
  };
  try {
    for (const entry of files) {
      ({ file } = entry);
      await makeDirectory(dirname(file), directories);
    }
    // What is written last tells that all of it is there.
    await withLock(file, putAll);
  } catch (error) {
    throw withLeft(explained(error, file), await undo());
  }
  return { lines, isChanged: steps.length > 0, undo };
}

function alreadyThere({ file }: NewFile): string {
  return `already there: ${file}`;
}

/** With those above it, for everybody to enter whatever the umask. */
async function makeDirectory(directory: string, steps: Step[]): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
  if (first === undefined) return;
  const made: string[] = [];
  for (let one = directory; one.length >= first.length; one = dirname(one)) made.unshift(one);
  for (const one of made) {
    steps.push({ file: one, undo: async () => await rmdirIfEmpty(one) });
    await chmod(one, DIRECTORY_MODE);
  }
}

async function rmdirIfEmpty(directory: string): Promise<void> {
  await rmdir(directory).catch((error: unknown) => {
    // Somebody else has put something there meanwhile.
    if (!hasErrorCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  });
}

async function put(entry: NewFile, { isForced, now }: Required<PutOptions>, steps: Step[]): Promise<string> {
  const { file, content, mode, gid, isKept = false } = entry;
  const options = { mode, gid };
  const state = await stateOf(entry);
  switch (state.is) {
    case 'same':
      return alreadyThere(entry);
    case 'absent':
      await writeNew(file, content, options);
      steps.push({ file, undo: async () => await removeIfThere(file) });
      return `written: ${file}`;
    case 'other rights':
      await setRights(file, state, steps);
      return `mode, owner and group set: ${file}`;
    case 'other content': {
      if (!isForced) throw filesDiffer([file]);
      if (isKept) throw new CertbotHaError('failed', { code: 'written-meanwhile', file });
      const before = await keepCopy(file, now, steps);
      await writeWhole(file, content, options);
      return `replaced: ${file} (before: ${before})`;
    }
  }
}

/** Of what a link leads to, and not instead of the link. */
async function setRights(
  file: string,
  { before, needed }: Readonly<Record<'before' | 'needed', Rights>>,
  steps: Step[],
): Promise<void> {
  const set = async ({ mode, uid, gid }: Rights) => {
    await chown(file, uid, gid);
    await chmod(file, mode);
  };
  steps.push({ file, undo: async () => await set(before) });
  // Before another group can use what this one has.
  await chmod(file, before.mode & needed.mode);
  await set(needed);
}

/** A second name for what is there, a link itself. */
export async function keepCopy(file: string, now: Date, steps: Step[]): Promise<string> {
  const before = `${file}.before-${now.toISOString().replaceAll(/[-:]/g, '')}`;
  await link(file, before);
  const undo = async () => {
    // Two names of one file: then rename(2) does nothing.
    await rename(before, file);
    await removeIfThere(before);
  };
  steps.push({ file, undo });
  return before;
}

/** What an error that the system gives at a file is to the operator. */
export function explained(error: unknown, file: string): unknown {
  if (!isForbidden(error)) return error;
  const found = { code: 'not-writable', place: file, error: error.code } as const;
  return new CertbotHaError('config', found, { cause: error, hint: 'run this as root' });
}
