import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import lockfile from 'proper-lockfile';
import { CertbotHaError, hasErrorCode } from '../errors.ts';

// proper-lockfile refreshes the lock's time while its process lives, so a lock that has not been
// refreshed for `stale` belongs to a process that died, and the next one takes it over. Waiting is
// longer than that, so a crashed hook costs its successor some seconds and no error.
const STALE_MS = 5_000;
const REFRESH_MS = 1_500;
const WAIT_MS = 13_000;
const PAUSE_MS = { factor: 1.3, minTimeout: 10, maxTimeout: 250 };

/**
 * Runs the function while holding the lock of a directory, which must exist.
 * @throws {CertbotHaError} `failed` when another process keeps the lock for `waitMs`, when it was lost meanwhile, or the disk is full
 */
export async function withLock<T>(
  directory: string,
  run: () => Promise<T>,
  waitMs: number = WAIT_MS,
): Promise<T> {
  let isLost = false;
  const onCompromised = () => {
    isLost = true;
  };
  // The pauses grow to their full length within some dozen tries.
  const retries = { ...PAUSE_MS, retries: 8 + Math.ceil(waitMs / PAUSE_MS.maxTimeout) };
  const options = { realpath: false, stale: STALE_MS, update: REFRESH_MS, retries, onCompromised };
  await access(dirname(directory), constants.W_OK).catch((error: unknown) => {
    // Asked first: the lock would be tried for seconds before it says so.
    throw hasErrorCode(error, 'EACCES', 'EPERM', 'EROFS') ? notWritable(directory, error) : error;
  });
  const release = await lockfile.lock(directory, options).catch((error: unknown) => {
    if (hasErrorCode(error, 'EACCES', 'EPERM', 'EROFS')) throw notWritable(directory, error);
    if (hasErrorCode(error, 'ENOSPC', 'EDQUOT')) {
      throw new CertbotHaError('failed', `${directory}.lock: no room for a directory (${error.code})`, {
        cause: error,
      });
    }
    if (!hasErrorCode(error, 'ELOCKED')) throw error;
    throw new CertbotHaError('failed', `${directory} is locked by another process`, {
      cause: error,
      hint: `is another certbot-ha hung? If none runs, remove ${directory}.lock`,
    });
  });
  try {
    const result = await run();
    if (!isLost) return result;
    throw new CertbotHaError('failed', `${directory}: the lock was lost, as after a suspension of this host`);
  } finally {
    // A lost lock is the successor's now and must not be taken away from it.
    if (!isLost) await release();
  }
}

function notWritable(directory: string, error: NodeJS.ErrnoException): CertbotHaError {
  return new CertbotHaError('config', `${dirname(directory)}: not writable (${error.code})`, {
    cause: error,
    hint: 'certbot, its hooks and certbot-ha run as root',
  });
}
