import { open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrorCode } from '../base/errors.ts';
import { isKeyAuthorization, isToken, type Challenge } from './challenge.ts';

// A response to a challenge is a file TOKEN; one that is being written is .TOKEN.UUID.tmp beside it.

/** A token file that lies in a webroot. */
export interface StoredToken {
  readonly token: string;
  /** milliseconds since the epoch */
  readonly writtenAtMs: number;
}

const TEMPORARY = /^\.([A-Za-z0-9_-]{16,128})\.[0-9a-f-]{36}\.tmp$/;
const MAX_BODY_BYTES = 1024;

/** Writes one response aside and renames it, so that nobody sees a part of it. */
export async function writeToken(
  directory: string,
  { token, keyAuthorization }: Pick<Challenge, 'token' | 'keyAuthorization'>,
): Promise<void> {
  const temporary = join(directory, `.${token}.${crypto.randomUUID()}.tmp`);
  const file = await open(temporary, 'wx', 0o644);
  try {
    await file.writeFile(keyAuthorization);
    // The umask may have taken bits away, and the web server's user has to read it.
    await file.chmod(0o644);
    await file.close();
    await rename(temporary, join(directory, token));
  } catch (error) {
    await file.close().catch(() => undefined); // closed already: the rename is what failed
    await removeFile(temporary);
    throw error;
  }
}

/** Removes the files of these tokens. Resolves to those that were there. */
export async function removeTokens(directory: string, tokens: readonly string[]): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const token of tokens) {
    if (isToken(token) && (await removeFile(join(directory, token)))) removed.push(token);
  }
  return removed;
}

/** Every file that is a response to a challenge. */
export async function listTokens(directory: string): Promise<readonly StoredToken[]> {
  const found: StoredToken[] = [];
  for (const token of (await namesIn(directory)).filter(isToken)) {
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
  for (const name of (await namesIn(directory)).filter((entry) => TEMPORARY.test(entry))) {
    const file = join(directory, name);
    const isOld = await stat(file).then(({ mtimeMs }) => nowMs - mtimeMs > maxAgeMs, isAbsent);
    if (isOld) await removeFile(file);
  }
  return removed;
}

/** Null for what is no response to a challenge, or is gone meanwhile. */
async function readToken(directory: string, token: string): Promise<StoredToken | null> {
  const file = join(directory, token);
  try {
    const { mtimeMs, size } = await stat(file);
    if (size > MAX_BODY_BYTES) return null;
    const isOurs = isKeyAuthorization((await readFile(file, 'utf8')).trimEnd(), token);
    return isOurs ? { token, writtenAtMs: mtimeMs } : null;
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'EISDIR', 'EACCES')) return null;
    throw error;
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  return await readdir(directory).catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT')) return [];
    throw error;
  });
}

function isAbsent(error: unknown): false {
  if (hasErrorCode(error, 'ENOENT')) return false; // the writer has renamed it meanwhile
  throw error;
}

/** True when it was there. */
async function removeFile(file: string): Promise<boolean> {
  try {
    await unlink(file);
    return true;
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return false;
    throw error;
  }
}
