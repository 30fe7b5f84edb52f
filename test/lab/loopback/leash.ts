import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Without namespaces nothing ends with us by itself: the kernel is asked to stop the process when we are gone. */
export function leashed(argv: readonly string[]): readonly string[] {
  return ['setpriv', '--pdeathsig', 'TERM', '--', ...argv];
}

const PREFIX = 'certbot-ha-loopback-';

/** A directory for one lab. */
export async function labDirectory(): Promise<string> {
  return await ownDirectory(PREFIX);
}

/** A temporary directory of this process. Those with the prefix that killed processes left behind are removed. */
export async function ownDirectory(prefix: string): Promise<string> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix));
  const stale = names.filter((name) => !isAlive(Number(name.slice(prefix.length).split('-')[0])));
  // One that another user left is for that user.
  await Promise.all(
    stale.map((name) => rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {})),
  );
  return await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process: not ours to judge.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
