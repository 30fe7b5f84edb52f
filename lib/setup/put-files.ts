import { link, mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CertbotHaError, isForbidden, isUnreadable } from '../base/errors.ts';
import { isSystemError } from '../base/expected.ts';
import { exists, targetOf, textOf } from '../system/read-file.ts';
import { removeIfThere, writeNew, writeWhole } from '../system/write-file.ts';

/** A file as it is to be. */
export interface NewFile {
  readonly file: string;
  readonly content: string;
  readonly mode: number;
  /** null: whichever the file system gives it */
  readonly gid: number | null;
}

/** What is there instead of a file: nothing; the same; the same under another mode or group; something else. */
type State = 'absent' | 'same' | 'other rights' | 'other content';

/** A step that can be taken back. */
type Undo = () => Promise<unknown>;

/** Those that something else stands in the place of. */
export async function differing(files: readonly NewFile[]): Promise<readonly NewFile[]> {
  const states = await Promise.all(files.map(stateOf));
  return files.filter((_, index) => states[index] === 'other content');
}

/** @throws {CertbotHaError} `failed` where one would be replaced, and is not to be */
export async function refuseDiffering(files: readonly NewFile[], isForced: boolean): Promise<void> {
  const differ = isForced ? [] : await differing(files);
  if (differ.length === 0) return;
  const found = { code: 'files-differ', files: differ.map(({ file }) => file) } as const;
  throw new CertbotHaError('failed', found, { hint: '--force replaces them, and keeps a copy of each' });
}

/** What was written, a line each, and how to take all of it back. */
export interface Written {
  readonly lines: readonly string[];
  readonly undo: () => Promise<void>;
}

/**
 * Puts files in place, all or none, with a directory that is not there. What is replaced stays beside it, as
 * `FILE.before-TIME`. One that is there already in just this way is not touched.
 * @throws {CertbotHaError} `failed` where one differs, and `isForced` is false; `config` where this process may not write
 */
export async function putFiles(
  files: readonly NewFile[],
  { isForced, now = new Date() }: { readonly isForced: boolean; readonly now?: Date },
): Promise<Written> {
  await refuseDiffering(files, isForced);
  const steps: Undo[] = [];
  const lines: string[] = [];
  const undo = async () => await takeBack(steps);
  for (const file of files) {
    try {
      lines.push(await put(file, now, steps));
    } catch (error) {
      await undo();
      throw explained(error, file.file);
    }
  }
  return { lines, undo };
}

async function put(entry: NewFile, now: Date, steps: Undo[]): Promise<string> {
  const { file, content, ...options } = entry;
  const state = await stateOf(entry);
  switch (state) {
    case 'same':
      return `already there: ${file}`;
    case 'absent':
      await mkdir(dirname(file), { recursive: true });
      await writeNew(file, content, options);
      steps.push(async () => await removeIfThere(file));
      return `written: ${file}`;
    case 'other rights':
      await writeWhole(file, content, options);
      return `mode and group set: ${file}`;
    case 'other content': {
      const before = `${file}.before-${now.toISOString().replaceAll(/[-:]/g, '')}`;
      await link(file, before);
      steps.push(async () => {
        // Two names of one file: then rename(2) does nothing.
        await rename(before, file);
        await removeIfThere(before);
      });
      await writeWhole(file, content, options);
      return `replaced: ${file} (before: ${before})`;
    }
  }
}

async function stateOf({ file, content, mode, gid }: NewFile): Promise<State> {
  if (!(await exists(file))) return 'absent';
  const stat = await targetOf(file);
  const text = await textOf(file).catch((error: unknown) => {
    if (isUnreadable(error)) return null;
    throw error;
  });
  if (stat === null || text !== content) return 'other content';
  const hasRights = (stat.mode & 0o777) === mode && (gid === null || stat.gid === gid);
  return hasRights ? 'same' : 'other rights';
}

/** The last first; one that cannot be taken back keeps none of the others. */
async function takeBack(steps: Undo[]): Promise<void> {
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    await step().catch((error: unknown) => {
      if (!isSystemError(error)) throw error;
    });
  }
}

function explained(error: unknown, file: string): unknown {
  if (!isForbidden(error)) return error;
  const found = { code: 'not-writable', place: file, error: error.code } as const;
  return new CertbotHaError('config', found, { cause: error, hint: 'run this as root' });
}
