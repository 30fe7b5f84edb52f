import { readFile } from 'node:fs/promises';
import { eventually } from '../eventually.ts';

/** Runs `reload` and resolves when no worker of before takes connections any more. */
export async function reloadWorkers(master: number, reload: () => Promise<unknown>): Promise<void> {
  const before = await workersOf(master);
  await reload();
  const areGone = async () => !(await Promise.all(before.map(takesConnections))).includes(true);
  await eventually(areGone, { timeoutMs: 20_000, what: 'nginx to run with its new configuration' });
}

async function workersOf(master: number): Promise<readonly string[]> {
  return (await readFile(`/proc/${master}/task/${master}/children`, 'utf8')).split(' ').filter(Boolean);
}

/** A worker that is about to end says so in its title. */
async function takesConnections(pid: string): Promise<boolean> {
  const title = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return /^nginx: worker process\0*$/.test(title);
}
