import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isUnreachable } from '../base/errors.ts';
import { statOf } from '../system/read-file.ts';
import { isCertbot } from './process.ts';

/** What certbot locks, by lockf(3), for as long as it works on its directory (lock.py). */
const LOCK_FILE = '.certbot.lock';

/**
 * The certbot that works on this directory now; null when none does, as far as this host tells. Locks are told of by
 * inode: overlays and subvolumes give a file another device there than here.
 */
export async function certbotHolding(
  configDir: string,
  locks: string = '/proc/locks',
): Promise<number | null> {
  const stat = await statOf(join(configDir, LOCK_FILE));
  if (stat === null) return null;
  const text = await readFile(locks, 'utf8').catch((error: unknown) => {
    if (isUnreachable(error)) return '';
    throw error;
  });
  for (const line of text.split('\n')) {
    const [, pid, inode] = /^\d+: POSIX +\S+ +WRITE +(\d+) \S+:(\d+) /.exec(line) ?? [];
    if (Number(inode) === stat.ino && isCertbot(Number(pid))) return Number(pid);
  }
  return null;
}
