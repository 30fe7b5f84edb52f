import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CertbotHaError, hasErrorCode } from '../base/errors.ts';
import { isBundlePath, MAX_FILE_BYTES } from '../lineage/bundle.ts';
import { MANIFEST } from './layout.ts';

// What lies in an inbox is its owner's, who may be the agent's user: nothing of it is believed.

/** More than that of one bundle tells nobody anything new. */
const MAX_PROBLEMS = 10;

/** Whatever below `root` is not one of a bundle's files, or is no plain file or directory of the inbox's owner. */
export async function strangersIn(root: string, ownerUid: number, below = ''): Promise<readonly string[]> {
  const directory = join(root, below);
  const problems = [...(await whyNoDirectory(directory, ownerUid))];
  if (problems.length > 0) return problems;
  for (const name of await readdir(directory)) {
    const path = join(below, name);
    if (path === 'account') problems.push(...(await strangersIn(root, ownerUid, path)));
    else if (!isBundlePath(path) && path !== MANIFEST) {
      problems.push(`${JSON.stringify(path.slice(0, 100))}: not a file of a bundle`);
    }
    if (problems.length > MAX_PROBLEMS) break;
  }
  return problems;
}

/** Why a path is no directory of the inbox's owner; empty when it is one. */
export async function whyNoDirectory(directory: string, ownerUid: number): Promise<readonly string[]> {
  const stat = await lstat(directory);
  if (!stat.isDirectory()) return [`${directory}: expected a directory`];
  return stat.uid === ownerUid ? [] : [foreign(directory, stat.uid, ownerUid)];
}

/** The words for what belongs to somebody else. */
export function foreign(path: string, uid: number, ownerUid: number): string {
  return `${path}: belongs to user ${uid}, expected ${ownerUid}`;
}

/**
 * Reads a file of a bundle: opened once, without following a link, and checked by what is open.
 * @throws {CertbotHaError} `failed` when it is no plain file of the inbox's owner, under this name alone, or too large
 */
export async function readOwned(file: string, ownerUid: number): Promise<string> {
  const handle = await openPlain(file);
  const refused = (why: string) => new CertbotHaError('failed', `${file}: ${why}`);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw refused('not a plain file');
    const { size, uid, nlink } = stat;
    if (uid !== ownerUid) throw refused(`belongs to user ${uid}, expected ${ownerUid}`);
    if (nlink !== 1) throw refused('has another name elsewhere (a hard link)');
    if (size > MAX_FILE_BYTES) throw refused(`${size} bytes, expected at most ${MAX_FILE_BYTES}`);
    const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    if (bytesRead !== size) throw refused('changed while it was read');
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
    const refused = (why: string) => new CertbotHaError('failed', `${file}: ${why}`, { cause: error });
    if (hasErrorCode(error, 'ELOOP')) throw refused('a link, expected a file');
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR')) throw refused('missing from the bundle');
    if (hasErrorCode(error, 'ENXIO')) throw refused('not a plain file'); // a socket
    throw error;
  }
}
