import { mkdir } from 'node:fs/promises';
import { CertbotHaError, hasErrorCode, isForbidden, type SystemError } from '../base/errors.ts';
import { statOf } from '../system/read-file.ts';

/**
 * Makes stateDir, or a directory below it, where it is not there.
 * @throws {CertbotHaError} `config` when it may not be, or something else is in its place; `failed` without room
 */
export async function makeStateDir(
  stateDir: string,
  { below = stateDir, mode }: { readonly below?: string; readonly mode?: number } = {},
): Promise<void> {
  try {
    await mkdir(below, { recursive: true, ...(mode !== undefined && { mode }) });
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT')) throw explained(error, stateDir);
    // A link to a disk that is not mounted.
    if (await isLink(below)) throw below === stateDir ? notWritable(stateDir, error) : taken(below, error);
    throw (await isLink(stateDir)) ? notWritable(stateDir, error) : explained(error, stateDir);
  }
}

async function isLink(place: string): Promise<boolean> {
  return (await statOf(place))?.isSymbolicLink() === true;
}

/** Why what is to be in stateDir is not there, and cannot be made. */
export function explained(error: unknown, stateDir: string): unknown {
  const place = `stateDir ${stateDir}`;
  // Node.js says ENOENT when there is no room for another directory.
  if (hasErrorCode(error, 'ENOSPC', 'EDQUOT', 'ENOENT')) {
    return new CertbotHaError('failed', { code: 'no-room', place, error: error.code }, { cause: error });
  }
  if (!isForbidden(error) && !hasErrorCode(error, 'ENOTDIR', 'EEXIST', 'ELOOP')) return error;
  const { path = stateDir } = error;
  return path !== stateDir && hasErrorCode(error, 'EEXIST')
    ? taken(path, error)
    : notWritable(stateDir, error);
}

/** Something else is where a directory below stateDir is to be. */
function taken(place: string, error: SystemError): CertbotHaError {
  const found = { code: 'not-writable', place, error: error.code } as const;
  const hint = 'a directory belongs there: see what it is, and remove it';
  return new CertbotHaError('config', found, { cause: error, hint });
}

function notWritable(stateDir: string, error: SystemError): CertbotHaError {
  const found = { code: 'not-writable', place: `stateDir ${stateDir}`, error: error.code } as const;
  const hint = 'certbot and its hooks run as root, which needs to own it';
  return new CertbotHaError('config', found, { cause: error, hint });
}
