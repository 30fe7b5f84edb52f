import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import lockfile from 'proper-lockfile';
import { CertbotHaError, hasErrorCode, type SystemError } from '../base/errors.ts';
import { isSystemError } from '../base/expected.ts';
import { lockFilesOf } from './lock-files.ts';
import { STALE_MS } from './stale-lock.ts';
import { ownName } from './lock-holder.ts';
import { pause } from './pause.ts';
import { exists } from './read-file.ts';
import type { TimeLimit } from './time-limit.ts';

// proper-lockfile makes, refreshes and removes the lock. Who holds it, a living process or none, is for the holder's
// file in it to tell, whatever the clock does (lock-files.ts). Where that is not known, a lock that is not refreshed is taken over:
// waiting is longer than that takes, so a crashed program costs its successor some seconds and no error.
const REFRESH_MS = 1_500;
const WAIT_MS = 13_000;
/** Whether one whose holder is not seen is held. */
const TOLD_WITHIN_MS = 3 * STALE_MS;
const PAUSE_MS = { factor: 1.3, first: 10, longest: 250 };

/** What lies there while the lock of a directory or file is held. */
export function lockPath(path: string): string {
  return `${path}.lock`;
}

export interface LockOptions {
  /** milliseconds to wait for it; default 13 s */
  readonly waitMs?: number;
  /**
   * Where its holder cannot be seen from here, it is waited for until that is told: it is refreshed, or nobody's, in some
   * 5 s. Of those who wait for less, and come again and again, none would ever take it over.
   */
  readonly isPatient?: boolean;
  /** ends the waiting, and nothing that runs under the lock */
  readonly signal?: AbortSignal;
}

/** A limit as `withLock` takes it: without any time left, it is tried for once. */
export function lockLimits({ leftMs, signal }: TimeLimit): LockOptions {
  return { waitMs: leftMs(), ...(signal && { signal }) };
}

/**
 * Runs the function while holding the lock of a file or directory, which need not exist; its directory must.
 * @throws {CertbotHaError} `failed` when another process keeps the lock for `waitMs` or until the signal aborts, when it was lost meanwhile, or the disk is full
 */
export async function withLock<T>(
  directory: string,
  run: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  let isLost = false;
  const onCompromised = () => {
    isLost = true;
  };
  await access(dirname(directory), constants.W_OK).catch((error: unknown) => {
    // Asked first: where there is no place for a lock, none has gone that moment, to be tried for again.
    throw hasErrorCode(error, 'EACCES', 'EPERM', 'EROFS') ? notWritable(directory, error) : error;
  });
  const { release, leave } = await acquire(directory, onCompromised, options);
  try {
    const result = await run();
    if (!isLost) return result;
    throw new CertbotHaError('failed', { code: 'lock-lost', directory });
  } finally {
    // A lost lock is the successor's now and must not be taken away from it; what says that this process has it, may be.
    await (isLost ? leave() : release());
  }
}

/** Takes away the lock of a holder that has ended: for those who themselves wait for it never long enough. Whoever holds it, keeps it. */
export async function removeDead(path: string, signal?: AbortSignal): Promise<void> {
  if (!(await exists(lockPath(path)))) return;
  const options = { waitMs: 0, isPatient: true, ...(signal && { signal }) };
  await withLock(path, async () => undefined, options).catch((error: unknown) => {
    if (!(error instanceof CertbotHaError) && !isSystemError(error)) throw error;
  });
}

/** Tells the locks of this process apart. */
let taken = 0;

/** By tries of our own: proper-lockfile's cannot be interrupted. */
async function acquire(
  directory: string,
  onCompromised: () => void,
  { waitMs = WAIT_MS, isPatient = false, signal }: LockOptions,
): Promise<Readonly<Record<'release' | 'leave', () => Promise<void>>>> {
  taken += 1;
  const fs = lockFilesOf(ownName(taken));
  const options = { realpath: false, stale: STALE_MS, update: REFRESH_MS, retries: 0, onCompromised, fs };
  const deadlineMs = performance.now() + waitMs;
  const patienceMs = isPatient ? Math.max(deadlineMs, performance.now() + TOLD_WITHIN_MS) : deadlineMs;
  for (let pauseMs = PAUSE_MS.first; ; pauseMs = Math.min(pauseMs * PAUSE_MS.factor, PAUSE_MS.longest)) {
    try {
      return {
        release: await lockfile.lock(directory, options),
        leave: async () => await fs.leave(lockPath(directory)),
      };
    } catch (error) {
      // All but the first: another process took, or took over, the lock at the same moment.
      const isTaken = hasErrorCode(error, 'ELOCKED', 'ENOENT', 'ENOTEMPTY', 'EEXIST');
      const untilMs = fs.isUndecided() ? patienceMs : deadlineMs;
      if (!isTaken || performance.now() + pauseMs > untilMs) throw explained(directory, error);
    }
    await pause(pauseMs, signal);
    if (signal?.aborted) {
      throw new CertbotHaError('failed', { code: 'lock-wait-interrupted', directory });
    }
  }
}

function explained(directory: string, error: unknown): unknown {
  if (hasErrorCode(error, 'EACCES', 'EPERM', 'EROFS')) return notWritable(directory, error);
  if (hasErrorCode(error, 'ENOSPC', 'EDQUOT')) {
    const place = lockPath(directory);
    return new CertbotHaError('failed', { code: 'no-room', place, error: error.code }, { cause: error });
  }
  if (!hasErrorCode(error, 'ELOCKED', 'ENOTEMPTY', 'EEXIST')) return error;
  const hint = `is another certbot-ha hung? If none runs, remove ${lockPath(directory)}`;
  return new CertbotHaError('failed', { code: 'lock-held', directory }, { cause: error, hint });
}

function notWritable(directory: string, error: SystemError): CertbotHaError {
  const found = { code: 'not-writable', place: dirname(directory), error: error.code } as const;
  const hint = 'certbot, its hooks and certbot-ha run as root';
  return new CertbotHaError('config', found, { cause: error, hint });
}
