import type { Finding } from '../findings/register.ts';
import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { CertbotHaError, hasErrorCode } from '../base/errors.ts';
import { isBundlePath, MAX_FILE_BYTES } from '../lineage/bundle.ts';
import { someEntriesOf } from '../system/read-file.ts';
import { MANIFEST } from './layout.ts';

// What lies in an inbox is its owner's, who may be the agent's user: nothing of it is believed.

/** More than that of one bundle tells nobody anything new. */
const MAX_PROBLEMS = 10;
/** A bundle has a dozen. */
const MAX_ENTRIES = 100;

/** Whatever below `root` is not one of a bundle's files, or is no plain file or directory of the inbox's owner. */
export async function strangersIn(root: string, ownerUid: number, below = ''): Promise<readonly Finding[]> {
  const directory = join(root, below);
  const problems = [...(await whyNoDirectory(directory, ownerUid))];
  if (problems.length > 0) return problems;
  // So many that strangers are among them, if there are more.
  for (const name of (await someEntriesOf(directory, MAX_ENTRIES)).map(String)) {
    const path = join(below, name);
    if (path === 'account') problems.push(...(await strangersIn(root, ownerUid, path)));
    else if (!isBundlePath(path) && path !== MANIFEST) {
      problems.push({ code: 'not-a-bundle-file', path: path.slice(0, 100) });
    }
    if (problems.length > MAX_PROBLEMS) break;
  }
  return problems;
}

/** Why a path is no directory of the inbox's owner; empty when it is one. */
export async function whyNoDirectory(directory: string, ownerUid: number): Promise<readonly Finding[]> {
  const stat = await lstat(directory);
  if (!stat.isDirectory()) return [{ code: 'not-a-directory', directory, isRemoved: false }];
  return stat.uid === ownerUid ? [] : [foreign(directory, stat.uid, ownerUid)];
}

/** What belongs to somebody else. */
export function foreign(file: string, uid: number, ownerUid: number): Finding {
  return { code: 'wrong-owner', file, uid, expected: ownerUid };
}

/**
 * Reads a file of a bundle: opened once, without following a link, and checked by what is open.
 * @throws {CertbotHaError} `failed` when it is no plain file of the inbox's owner, under this name alone, or too large
 */
export async function readOwned(file: string, ownerUid: number): Promise<string> {
  const handle = await openPlain(file);
  const refused = (found: Finding) => new CertbotHaError('failed', found);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw refused({ code: 'not-a-plain-file', file });
    const { size, uid, nlink } = stat;
    if (uid !== ownerUid) throw refused(foreign(file, uid, ownerUid));
    if (nlink !== 1) throw refused({ code: 'hard-link', file });
    if (size > MAX_FILE_BYTES) {
      throw refused({ code: 'bundle-file-too-large', file, bytes: size, maxBytes: MAX_FILE_BYTES });
    }
    const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    if (bytesRead !== size) throw refused({ code: 'changed-while-read', file });
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function openPlain(file: string) {
  try {
    // O_NONBLOCK: a pipe in a file's place must not keep root waiting.
    return await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const refused = (code: 'link-in-bundle' | 'bundle-file-missing' | 'not-a-plain-file') =>
      new CertbotHaError('failed', { code, file }, { cause: error });
    if (hasErrorCode(error, 'ELOOP')) throw refused('link-in-bundle');
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR')) throw refused('bundle-file-missing');
    if (hasErrorCode(error, 'ENXIO')) throw refused('not-a-plain-file'); // a socket
    throw error;
  }
}
