import type { Cost } from '../cost.ts';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

const TICKS_A_SECOND = 100;
const LOOK_EVERY_MS = 1_000;
/** Fifty agents look after their directories now and then. */
const QUIET_MS = 100;

/** Waits until the nodes have nothing left to do of what came before, for so long at most. */
export async function settle(atMostMs: number): Promise<void> {
  const overMs = performance.now() + atMostMs;
  for (let before = await fleetCpuMs(); performance.now() < overMs;) {
    await setTimeout(LOOK_EVERY_MS);
    const now = await fleetCpuMs();
    if (now - before < QUIET_MS) return;
    before = now;
  }
}

/** Milliseconds of CPU that all programs of these namespaces have used, but for this one; what has ended counts for who waited for it. */
export async function fleetCpuMs(): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const times = await Promise.all(pids.map(cpuOf));
  return times.reduce((sum, ms) => sum + ms, 0);
}

async function cpuOf(pid: string): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''); // it has just ended
  // utime, stime, cutime, cstime: proc(5), behind the name in parentheses, which may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return (ticks * 1000) / TICKS_A_SECOND;
}

/** What a program costs, and the nodes' own programs meanwhile. */
export interface FleetCost extends Cost {
  /** milliseconds of CPU of all nodes' agents, installers and web servers */
  readonly nodesMs: number;
}

export async function withNodes(work: () => Promise<Cost>): Promise<FleetCost> {
  const before = await fleetCpuMs();
  const cost = await work();
  return { ...cost, nodesMs: (await fleetCpuMs()) - before };
}
