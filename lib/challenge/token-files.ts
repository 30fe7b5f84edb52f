import { constants, type Stats } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrorCode, isUnreachable, type SystemError } from '../base/errors.ts';
import { isSystemError } from '../base/expected.ts';
import { entriesOf, someEntriesOf, statOf } from '../system/read-file.ts';
import { readPlain } from '../system/read-untrusted.ts';
import { removeIfThere, TEMPORARY } from '../system/write-file.ts';
import { isKeyAuthorization, isToken, type Challenge } from './challenge.ts';

// A response to a challenge is a file TOKEN; one that is being written is TOKEN.PID-NAMESPACE-RANDOM.certbot-ha.tmp beside it.

/** A token file that lies in a webroot. */
export interface StoredToken {
  readonly token: string;
  /** milliseconds since the epoch */
  readonly writtenAtMs: number;
}

/** A response as it lies there. */
export interface StoredResponse extends Pick<Challenge, 'token' | 'keyAuthorization'> {
  /** milliseconds since the epoch */
  readonly writtenAtMs: number;
}

/** What earlier versions wrote aside: `.TOKEN.UUID.tmp`. */
const OLD_TEMPORARY = /^\.[A-Za-z0-9_-]{16,128}\.[0-9a-f-]{36}\.tmp$/;
const MAX_BODY_BYTES = 1024;
const DOT_AND_THUMBPRINT = 44;

/**
 * Removes the files of these tokens, one after another: a file system that hangs holds a thread for each call, and an agent has but one
 * for its webroot. Resolves to those that were there. A file that cannot be removed keeps no other one there.
 * @throws as the system does, for the first of those
 */
export async function removeTokens(directory: string, tokens: readonly string[]): Promise<readonly string[]> {
  const removed: string[] = [];
  const errors: SystemError[] = [];
  for (const token of tokens.filter(isToken)) {
    try {
      if (await removeIfThere(join(directory, token))) removed.push(token);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      errors.push(error);
    }
  }
  const [first] = errors;
  if (first !== undefined) throw first;
  return removed;
}

/** Whether this may be a response, by what is known of a file without opening it: ten thousand others cost little. */
function mayBeResponse(stat: Stats | null, token: string): stat is Stats {
  const least = token.length + DOT_AND_THUMBPRINT;
  return stat?.isFile() === true && stat.size >= least && stat.size <= MAX_BODY_BYTES;
}

/** Whether a token's file is there that this process may not read. Never rejects. */
export async function isDenied(directory: string, token: string): Promise<boolean> {
  if (!isToken(token)) return false;
  const file = join(directory, token);
  try {
    if (!mayBeResponse(await statOf(file), token)) return false;
    await access(file, constants.R_OK);
    return false;
  } catch (error) {
    return hasErrorCode(error, 'EACCES', 'EPERM');
  }
}

/** Every file that is a response to a challenge. */
export async function listTokens(directory: string): Promise<readonly StoredToken[]> {
  const found: StoredToken[] = [];
  for (const token of (await entriesOf(directory)).filter(isToken)) {
    const stored = await readResponse(directory, token);
    if (stored) found.push({ token, writtenAtMs: stored.writtenAtMs });
  }
  return found;
}

/**
 * Removes responses, and what an interrupted write left, older than the age. Resolves to the tokens removed. A file that cannot be
 * removed keeps no other one there.
 * @throws as the system does, for the first of those, where no token was removed
 */
export async function expireTokens(
  directory: string,
  maxAgeMs: number,
  nowMs: number,
): Promise<readonly string[]> {
  const names = await entriesOf(directory);
  const removed: string[] = [];
  const errors: SystemError[] = [];
  for (const name of names) {
    try {
      const writtenAtMs = await writtenAtOf(directory, name);
      if (writtenAtMs === null || nowMs - writtenAtMs <= maxAgeMs) continue;
      if ((await removeIfThere(join(directory, name))) && isToken(name)) removed.push(name);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      errors.push(error);
    }
  }
  const [first] = errors;
  // With some removed, the next time tells of it: it still lies there.
  if (first !== undefined && removed.length === 0) throw first;
  return removed;
}

/** Whether a response lies there, or what an interrupted write left. */
export async function hasTokens(directory: string): Promise<boolean> {
  for (const name of await entriesOf(directory)) {
    if ((await writtenAtOf(directory, name)) !== null) return true;
  }
  return false;
}

/** When a response, or what an interrupted write left, was written, in milliseconds since the epoch; null for all else. */
async function writtenAtOf(directory: string, name: string): Promise<number | null> {
  if (isToken(name)) return (await readResponse(directory, name))?.writtenAtMs ?? null;
  const stat = isTemporary(name) ? await statOf(join(directory, name)) : null; // null: its writer has renamed it meanwhile
  return stat?.isFile() ? stat.mtimeMs : null;
}

export interface YoungOptions {
  /** milliseconds since the epoch, for what another user than this process's has written */
  readonly sinceMs: number;
  /** milliseconds since the epoch, for what this process's user has written */
  readonly ownSinceMs: number;
  /** whether a name does not count */
  readonly isLeftOut: (name: string) => boolean;
  readonly atMost: number;
}

/** In a directory that has more, some are not seen. */
const MAX_NAMES = 20_000;

/** The names of what may be responses, newest first, that were written since then. No content is read. */
export async function youngNames(directory: string, options: YoungOptions): Promise<readonly string[]> {
  const { sinceMs, ownSinceMs, isLeftOut, atMost } = options;
  const names = (await someEntriesOf(directory, MAX_NAMES)).map((bytes) => bytes.toString('latin1'));
  const tokens = names.filter((name) => isToken(name) && !isLeftOut(name));
  const young: { readonly name: string; readonly mtimeMs: number }[] = [];
  // One after another: where the disk hangs, each one holds a thread.
  for (const name of tokens) {
    const stat = await statOf(join(directory, name));
    if (!mayBeResponse(stat, name)) continue;
    const isYoung = stat.mtimeMs >= (stat.uid === process.getuid?.() ? ownSinceMs : sinceMs);
    if (isYoung) young.push({ name, mtimeMs: stat.mtimeMs });
  }
  const newest = young.toSorted((one, other) => other.mtimeMs - one.mtimeMs).slice(0, atMost);
  return newest.map(({ name }) => name);
}

/** The token that this program, or a hook, is writing under another name; null for every other name. */
export function tokenOfTemporary(name: string): string | null {
  const [token = ''] = name.split('.');
  return name.endsWith(TEMPORARY) && isToken(token) ? token : null;
}

/** What another program may have put there; null for what is no response to a challenge, not yet whole, or gone. */
export async function readResponse(directory: string, token: string): Promise<StoredResponse | null> {
  if (!isToken(token)) return null;
  try {
    if (!mayBeResponse(await statOf(join(directory, token)), token)) return null;
    // Others may write there: a pipe must not keep the agent waiting, nor a link lead it elsewhere.
    const found = await readPlain(join(directory, token), MAX_BODY_BYTES);
    if (found.state !== 'read') return null;
    const keyAuthorization = found.text.trimEnd();
    if (!isKeyAuthorization(keyAuthorization, token)) return null;
    return { token, keyAuthorization, writtenAtMs: found.stat.mtimeMs };
  } catch (error) {
    if (isUnreachable(error)) return null;
    throw error;
  }
}

function isTemporary(name: string): boolean {
  return OLD_TEMPORARY.test(name) || tokenOfTemporary(name) !== null;
}
