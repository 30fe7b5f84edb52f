import { constants } from 'node:fs';
import { access, chmod, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  CertbotHaError,
  hasErrorCode,
  isAbsent,
  isDiskTrouble,
  isForbidden,
  type SystemError,
} from '../base/errors.ts';
import { TOKENS_BELOW_WEBROOT, type Challenge } from './challenge.ts';
import {
  expireTokens,
  hasTokens,
  isDenied,
  listTokens,
  readResponse,
  removeTokens,
  youngNames,
  type StoredResponse,
  type StoredToken,
  type YoungOptions,
} from './token-files.ts';
import { writeTokens } from './write-token.ts';
import { exists } from '../system/read-file.ts';
import { changeMode } from '../system/write-file.ts';
import { shellWord } from '../findings/area.ts';
import type { Finding } from '../findings/register.ts';

/** What a mount says whose file server, or program, is gone. */
const LOST = ['ENOTCONN', 'ESTALE', 'EHOSTDOWN', 'ETIMEDOUT', 'ECONNABORTED', 'EREMOTEIO'] as const;
/** What one says that cannot rename, or cannot write as it is asked to. */
const UNABLE = ['ENOSYS', 'ENOTSUP', 'EXDEV', 'EINVAL'] as const;

/**
 * The directory of a web server that holds the responses to challenges.
 * Nobody ever sees a part of a file: each is written aside and renamed. Absence is no error for `remove`.
 * Safe for several writers at once, as long as no two write the same token.
 */
export interface Webroot {
  readonly directory: string;
  /** @throws {CertbotHaError} `config` when the directory is missing or cannot be written */
  check(): Promise<void>;
  /** The same where nothing is to be changed: what `check` would make need not be there. @throws {CertbotHaError} `config`, as `check` */
  canWrite(): Promise<void>;
  /**
   * Writes all or, on an error, none of them.
   * @param signal ends it before the next one: what was written is removed then, however late the file system is
   * @throws {CertbotHaError} `failed` when the disk is full and the like, and when the signal has aborted
   */
  write(
    challenges: readonly Pick<Challenge, 'token' | 'keyAuthorization'>[],
    signal?: AbortSignal,
  ): Promise<void>;
  /**
   * Removes the files of these tokens. Resolves to those that were there. One that cannot be removed keeps no other one there.
   * @throws as the system does, for the first of those
   */
  remove(tokens: readonly string[]): Promise<readonly string[]>;
  /** Every file that is a response to a challenge; nothing else in the directory counts. */
  list(): Promise<readonly StoredToken[]>;
  /** What another program may have put there; null for what is no response to a challenge, not yet whole, or gone. */
  read(token: string): Promise<StoredResponse | null>;
  /** Whether a token's file is there that this process may not read. Never rejects. */
  isDenied(token: string): Promise<boolean>;
  /** The names of what may be responses, newest first, that were written since then. No content is read. */
  young(options: YoungOptions): Promise<readonly string[]>;
  /** Whether a response lies there, or what an interrupted write left. */
  isInUse(): Promise<boolean>;
  /** Removes responses, and what an interrupted write left, older than the age. Resolves to the tokens removed. */
  expire(maxAgeMs: number, nowMs: number): Promise<readonly string[]>;
}

export interface WebrootOptions {
  /**
   * It lies on a file system that all nodes share: what is written is synced, since the host that has it mounted may be lost, and the next one
   * has what was on the disk. Default false: each node has its own, and who has written a response writes it again.
   */
  readonly isShared?: boolean;
}

/** @param root the web server's root for challenges; tokens lie in ROOT/.well-known/acme-challenge/ */
export function createWebroot(root: string, { isShared = false }: WebrootOptions = {}): Webroot {
  const directory = join(root, TOKENS_BELOW_WEBROOT);
  const refused = (error: SystemError) => refusal(directory, error, isShared);
  const check = async () => await look(makeReadable);
  const canWrite = async () => await look(exists);

  /** @param has whether that directory is there; where it is not, it can be made in the one above if that can be written */
  async function look(has: (part: string) => Promise<boolean>): Promise<void> {
    try {
      await access(root, constants.R_OK | constants.X_OK);
      let last = root;
      for (const part of [dirname(directory), directory]) {
        if (!(await has(part))) break;
        last = part;
      }
      await access(join(last, '.'), constants.W_OK | constants.X_OK);
    } catch (error) {
      const isKnown = isAbsent(error) || isForbidden(error) || hasErrorCode(error, 'EEXIST', ...LOST);
      throw isKnown ? refused(error) : error;
    }
  }

  async function write(
    challenges: readonly Pick<Challenge, 'token' | 'keyAuthorization'>[],
    signal?: AbortSignal,
  ) {
    try {
      await writeTokens(directory, challenges, { isDurable: isShared, signal });
    } catch (error) {
      if (isForbidden(error) || isAbsent(error)) throw refused(error);
      if (!isDiskTrouble(error) && !hasErrorCode(error, ...LOST, ...UNABLE)) throw error;
      const found: Finding = { code: 'token-not-written', directory, error: error.code };
      throw new CertbotHaError('failed', found, { cause: error });
    }
  }

  return {
    directory,
    check,
    canWrite,
    write,
    remove: async (tokens) => await removeTokens(directory, tokens),
    list: async () => await listTokens(directory),
    read: async (token) => await readResponse(directory, token),
    isDenied: async (token) => await isDenied(directory, token),
    young: async (options) => await youngNames(directory, options),
    isInUse: async () => await hasTokens(directory),
    expire: async (maxAgeMs, nowMs) => await expireTokens(directory, maxAgeMs, nowMs),
  };
}

function refusal(directory: string, error: SystemError, isShared: boolean): CertbotHaError {
  const word = shellWord(directory);
  const mounted = `see what is mounted there: findmnt -T ${word}`;
  const owned = `the agent's user needs to own it: test -d ${word} || install -d ${word}; chown certbot-ha:certbot-ha ${word}`;
  // The unit's own view of it is that of the directory which was there at its start.
  const replaced =
    'the agent may write only into the webroot that was there when it started: systemctl restart certbot-ha-agent';
  const found: Finding =
    error.code === 'ENOENT'
      ? { code: 'webroot-missing', directory }
      : { code: 'webroot-not-writable', directory, error: error.code };
  return new CertbotHaError('config', found, {
    cause: error,
    hint: isShared ? mounted : error.code === 'EROFS' ? replaced : owned,
  });
}

/** Makes a directory that everybody may enter; one that is there stays as it is. */
async function makeReadable(directory: string): Promise<true> {
  try {
    await mkdir(directory);
  } catch (error) {
    if (hasErrorCode(error, 'EEXIST')) return true;
    throw error;
  }
  // The umask may have taken bits away, and the web server's user has to get through.
  const made = {
    chmod: async (mode: number) => await chmod(directory, mode),
    stat: async () => await stat(directory),
  };
  await changeMode(made, 0o755);
  return true;
}
