import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DIST } from './built.ts';
import type { TestCluster } from './cluster.ts';

/** The commands that certbot starts. */
export const AUTH = join(DIST, 'hooks/certbot-ha-auth');
export const CLEANUP = join(DIST, 'hooks/certbot-ha-cleanup');

/** Where a launcher wants Node.js, its shell finds none. */
export const WITHOUT_NODE = { PATH: '/nowhere' };
export const LEFT_TO_NODE = 127;

/** What launchers write into, as the first call after a boot makes it. */
export async function recordsOf({ directory }: TestCluster): Promise<string> {
  const records = join(directory, 'left-by-launchers');
  await mkdir(records, { mode: 0o700, recursive: true });
  return records;
}
