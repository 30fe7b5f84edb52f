import { join } from 'node:path';
import { isUnreachable } from '../base/errors.ts';
import { entriesOf, statOf } from '../system/read-file.ts';
import { readSmall } from '../system/read-untrusted.ts';
import { removeIfThere, TEMPORARY, writeWhole } from '../system/write-file.ts';
import { isKeyAuthorization, isToken, type Challenge } from './challenge.ts';

// A response to a challenge is a file TOKEN; one that is being written is TOKEN.PID-NAMESPACE-RANDOM.certbot-ha.tmp beside it.

/** A token file that lies in a webroot. */
export interface StoredToken {
  readonly token: string;
  /** milliseconds since the epoch */
  readonly writtenAtMs: number;
}

/** What earlier versions wrote aside: `.TOKEN.UUID.tmp`. */
const OLD_TEMPORARY = /^\.[A-Za-z0-9_-]{16,128}\.[0-9a-f-]{36}\.tmp$/;
const MAX_BODY_BYTES = 1024;

/** Writes one response aside and renames it, so that nobody sees a part of it. */
export async function writeToken(
  directory: string,
  { token, keyAuthorization }: Pick<Challenge, 'token' | 'keyAuthorization'>,
): Promise<void> {
  // One that is lost with the power is pushed again, or its batch is over: no sync is worth the wait.
  const options = { mode: 0o644, isShared: true, isDurable: false };
  await writeWhole(join(directory, token), keyAuthorization, options);
}

/** Removes the files of these tokens. Resolves to those that were there. */
export async function removeTokens(directory: string, tokens: readonly string[]): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const token of tokens) {
    if (isToken(token) && (await removeIfThere(join(directory, token)))) removed.push(token);
  }
  return removed;
}

/** Every file that is a response to a challenge. */
export async function listTokens(directory: string): Promise<readonly StoredToken[]> {
  const found: StoredToken[] = [];
  for (const token of (await entriesOf(directory)).filter(isToken)) {
    const stored = await readToken(directory, token);
    if (stored) found.push(stored);
  }
  return found;
}

/** Removes responses, and what an interrupted write left, older than the age. Resolves to the tokens removed. */
export async function expireTokens(
  directory: string,
  maxAgeMs: number,
  nowMs: number,
): Promise<readonly string[]> {
  const old = (await listTokens(directory)).filter((stored) => nowMs - stored.writtenAtMs > maxAgeMs);
  const removed = await removeTokens(
    directory,
    old.map((stored) => stored.token),
  );
  for (const name of (await entriesOf(directory)).filter(isTemporary)) {
    const file = join(directory, name);
    const written = await statOf(file); // null: its writer has renamed it meanwhile
    if (written !== null && nowMs - written.mtimeMs > maxAgeMs) await removeIfThere(file);
  }
  return removed;
}

/** Null for what is no response to a challenge, or is gone meanwhile. */
async function readToken(directory: string, token: string): Promise<StoredToken | null> {
  const file = join(directory, token);
  try {
    // Others may write there: a pipe must not keep the agent waiting, nor a link lead it elsewhere.
    const stat = await statOf(file);
    const text = stat && (await readSmall(file, MAX_BODY_BYTES));
    if (!stat || text === null) return null;
    return isKeyAuthorization(text.trimEnd(), token) ? { token, writtenAtMs: stat.mtimeMs } : null;
  } catch (error) {
    if (isUnreachable(error)) return null;
    throw error;
  }
}

function isTemporary(name: string): boolean {
  return OLD_TEMPORARY.test(name) || (name.endsWith(TEMPORARY) && isToken(name.split('.')[0] ?? ''));
}
