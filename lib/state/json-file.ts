import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { statOf } from '../system/read-file.ts';
import * as v from 'valibot';
import { hasErrorCode, isUnreadable } from '../base/errors.ts';
import { readPlain } from '../system/read-untrusted.ts';
import { writeWhole } from '../system/write-file.ts';

/** A file of state that holds something else than it should. */
export interface Damage {
  readonly file: string;
  readonly why: string;
  /** of a list: those that are passed over; the others are good */
  readonly entries?: readonly string[];
  /** the system's code where it cannot even be read: what it holds may be good */
  readonly error?: string;
}

/** Told of each damaged file that counts as absent. */
export interface OnDamage {
  (damage: Damage): void;
  /** Told of each file that has been read well, or is not there. */
  readonly sound?: (file: string) => void;
}

export type Reading<T> =
  | { readonly state: 'read'; readonly value: T }
  | { readonly state: 'absent' }
  | { readonly state: 'damaged'; readonly damage: Damage };

type Schema<T> = v.GenericSchema<unknown, T>;

/** Far more than any of them has. */
const MAX_BYTES = 16_777_216;

/** What a file holds, checked. Never follows a link, nor waits for a pipe. */
export async function readJsonFile<T>(file: string, schema: Schema<T>): Promise<Reading<T>> {
  const damaged = (why: string, more: Pick<Damage, 'error'> = {}): Reading<T> => ({
    state: 'damaged',
    damage: { file, why, ...more },
  });
  let found;
  try {
    found = await readPlain(file, MAX_BYTES);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return damaged(`cannot be read (${error.code})`, { error: error.code });
  }
  if (found.state === 'absent') return found;
  if (found.state === 'odd') return damaged(found.why);
  if (found.text.trim() === '') return damaged('empty');
  let value: unknown;
  try {
    value = JSON.parse(found.text);
  } catch {
    return damaged('not JSON, or cut off'); // what it holds instead may be a secret, and stays out of the message
  }
  const checked = v.safeParse(schema, value);
  if (checked.success) return { state: 'read', value: checked.output };
  return damaged(`not as it should be: ${v.getDotPath(checked.issues[0]) ?? 'the whole'}`);
}

/** What a file holds that may be deleted at any time: null when it is absent or, which is told, damaged. */
export async function valueIn<T>(file: string, schema: Schema<T>, onDamage: OnDamage): Promise<T | null> {
  const reading = await readJsonFile(file, schema);
  if (reading.state === 'damaged') onDamage(reading.damage);
  else onDamage.sound?.(file);
  return reading.state === 'read' ? reading.value : null;
}

export interface WriteJsonOptions {
  readonly mode: number;
  /** of its directory, where that is to be made; default 0755 */
  readonly directoryMode?: number;
  /** false: it may be gone after a loss of power, which the caller does not wait for */
  readonly isDurable?: boolean;
  /** for people to read */
  readonly isIndented?: boolean;
}

/**
 * Writes a file whole, in place of whatever is there; a directory in its place is moved to `aside`. Its own directory is made.
 * Several programs may do so at the same moment; `tidyState` takes away what one that is killed leaves.
 */
export async function writeJsonFile(
  file: string,
  value: unknown,
  { isIndented = false, directoryMode = 0o755, ...options }: WriteJsonOptions,
  aside: string,
): Promise<void> {
  const text = `${isIndented ? JSON.stringify(value, null, 2) : JSON.stringify(value)}\n`;
  await mkdir(dirname(file), { recursive: true, mode: directoryMode });
  try {
    await writeWhole(file, text, { ...options, isShared: true });
  } catch (error) {
    if (!hasErrorCode(error, 'EISDIR', 'ENOTEMPTY', 'EEXIST')) throw error;
    if ((await statOf(file))?.isDirectory() !== true) throw error;
    // Imported late: nobody makes such a directory, and the hooks need not load what removes one.
    const { setOwnAside } = await import('../system/set-aside.ts');
    await setOwnAside(file, aside);
    await writeWhole(file, text, { ...options, isShared: true });
  }
}
