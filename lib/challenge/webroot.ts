import { constants } from 'node:fs';
import { access, chmod, mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CertbotHaError, hasErrorCode } from '../base/errors.ts';
import { isKeyAuthorization, isToken, type Challenge } from './challenge.ts';

/** A token file that lies in a webroot. */
export interface StoredToken {
  readonly token: string;
  /** milliseconds since the epoch */
  readonly writtenAtMs: number;
}

/**
 * The directory of a web server that holds the responses to challenges.
 * Nobody ever sees a part of a file: each is written aside and renamed. Absence is no error for `remove`.
 * Safe for several writers at once, as long as no two write the same token.
 */
export interface Webroot {
  readonly directory: string;
  /** @throws {CertbotHaError} `config` when the directory is missing or cannot be written */
  check(): Promise<void>;
  /** Writes all or, on an error, none of them. @throws {CertbotHaError} `failed` when the disk is full and the like */
  write(challenges: readonly Pick<Challenge, 'token' | 'keyAuthorization'>[]): Promise<void>;
  /** Removes the files of these tokens. Resolves to those that were there. */
  remove(tokens: readonly string[]): Promise<readonly string[]>;
  /** Every file that is a response to a challenge; nothing else in the directory counts. */
  list(): Promise<readonly StoredToken[]>;
  /** Removes responses, and what an interrupted write left, older than the age. Resolves to the tokens removed. */
  expire(maxAgeMs: number, nowMs: number): Promise<readonly string[]>;
}

const TEMPORARY = /^\.([A-Za-z0-9_-]{16,128})\.[0-9a-f-]{36}\.tmp$/;
const MAX_BODY_BYTES = 1024;

/** @param root the web server's root for challenges; tokens lie in ROOT/.well-known/acme-challenge/ */
export function createWebroot(root: string): Webroot {
  const directory = join(root, '.well-known', 'acme-challenge');
  const hint = `the agent's user needs to own it: install -d -o certbot-ha -g certbot-ha ${directory}`;

  const refused = (error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'no such directory' : `not writable (${error.code})`;
    return new CertbotHaError('config', `webroot ${directory}: ${why}`, { cause: error, hint });
  };

  async function check(): Promise<void> {
    try {
      await access(root, constants.R_OK | constants.X_OK);
      for (const part of [dirname(directory), directory]) await makeReadable(part);
      await access(join(directory, '.'), constants.W_OK | constants.X_OK);
    } catch (error) {
      if (hasErrorCode(error, 'ENOENT', 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'))
        throw refused(error);
      throw error;
    }
  }

  async function writeOne({ token, keyAuthorization }: Pick<Challenge, 'token' | 'keyAuthorization'>) {
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

  async function write(challenges: readonly Pick<Challenge, 'token' | 'keyAuthorization'>[]) {
    const written: string[] = [];
    try {
      for (const challenge of challenges) {
        await writeOne(challenge);
        written.push(challenge.token);
      }
    } catch (error) {
      await remove(written);
      if (hasErrorCode(error, 'EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR')) throw refused(error);
      if (!hasErrorCode(error, 'ENOSPC', 'EDQUOT', 'EFBIG', 'EIO')) throw error;
      const why = error.code === 'ENOSPC' || error.code === 'EDQUOT' ? 'the disk is full' : error.code;
      throw new CertbotHaError('failed', `webroot ${directory}: a token cannot be written: ${why}`, {
        cause: error,
      });
    }
  }

  async function remove(tokens: readonly string[]): Promise<readonly string[]> {
    const removed: string[] = [];
    for (const token of tokens) {
      if (isToken(token) && (await removeFile(join(directory, token)))) removed.push(token);
    }
    return removed;
  }

  async function list(): Promise<readonly StoredToken[]> {
    const found: StoredToken[] = [];
    for (const token of (await names()).filter(isToken)) {
      const stored = await look(token);
      if (stored) found.push(stored);
    }
    return found;
  }

  async function look(token: string): Promise<StoredToken | null> {
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

  async function expire(maxAgeMs: number, nowMs: number): Promise<readonly string[]> {
    const old = (await list()).filter((stored) => nowMs - stored.writtenAtMs > maxAgeMs);
    const removed = await remove(old.map((stored) => stored.token));
    for (const name of (await names()).filter((entry) => TEMPORARY.test(entry))) {
      const file = join(directory, name);
      const isOld = await stat(file).then(({ mtimeMs }) => nowMs - mtimeMs > maxAgeMs, isAbsent);
      if (isOld) await removeFile(file);
    }
    return removed;
  }

  async function names(): Promise<readonly string[]> {
    return await readdir(directory).catch((error: unknown) => {
      if (hasErrorCode(error, 'ENOENT')) return [];
      throw error;
    });
  }

  return { directory, check, write, remove, list, expire };
}

function isAbsent(error: unknown): false {
  if (hasErrorCode(error, 'ENOENT')) return false; // the writer has renamed it meanwhile
  throw error;
}

/** One that is there stays as it is. */
async function makeReadable(directory: string): Promise<void> {
  try {
    await mkdir(directory);
  } catch (error) {
    if (hasErrorCode(error, 'EEXIST')) return;
    throw error;
  }
  // The umask may have taken bits away, and the web server's user has to get through.
  await chmod(directory, 0o755);
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
