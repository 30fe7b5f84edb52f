import { access, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startDaemon, type Daemon } from '../daemon.ts';
import { eventually } from '../eventually.ts';
import type { Keeper } from '../keeper.ts';
import type { Root } from './roots.ts';
import { remove } from './files.ts';
import { NODE } from './system.ts';
import { READY_FILE } from './units.ts';

/** A host that runs. */
export interface Machine {
  /** Process 1 of the host, as numbered here. */
  readonly leader: number;
  /** As pulling the plug: every process is gone at once. */
  powerOff(): Promise<void>;
}

const BOOT_MS = 30_000;

export async function boot(keeper: Keeper, root: Root): Promise<Machine> {
  await remove(root, [READY_FILE]);
  const cgroup = join(keeper.cgroup, root.name);
  await mkdir(join(keeper.root, cgroup), { recursive: true });
  const nspawn = [
    ...['systemd-nspawn', `--directory=${root.path}`, `--machine=${root.name}`, '--boot', '--console=pipe'],
    ...['--quiet', '--register=no', '--keep-unit', '--settings=no', '--resolv-conf=off', '--timezone=off'],
    ...['--link-journal=no', `--network-namespace-path=/run/netns/${root.name}`],
    '--capability=CAP_NET_ADMIN,CAP_NET_RAW',
    // The Node.js that runs this, wherever it is and whoever may read it there, where there is a place for it.
    ...((await exists(join(root.outside, NODE))) ? [`--bind-ro=${process.execPath}:${NODE}`] : []),
    ...['--', '--unit=lab.target'],
  ];
  const intoCgroup = ['sh', '-euc', 'echo 0 >"$0/cgroup.procs"; exec "$@"', cgroup];
  const daemon = await startDaemon(keeper.enter([...intoCgroup, ...nspawn]), {
    isReady: () => exists(join(root.outside, READY_FILE)),
    timeoutMs: BOOT_MS,
  });
  const leader = await leaderOf(daemon);
  return { leader, powerOff: () => powerOff(daemon, leader) };
}

/** nsenter's child is systemd-nspawn, whose child is the host's process 1. */
async function leaderOf(daemon: Daemon): Promise<number> {
  const [nspawn] = await childrenOf(daemon.pid);
  const children = nspawn === undefined ? [] : await childrenOf(nspawn);
  const leader = children.at(-1);
  if (leader === undefined) throw new Error(`a host without a process 1:\n${daemon.log()}`);
  return leader;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return list.split(' ').filter(Boolean).map(Number);
}

async function powerOff(daemon: Daemon, leader: number): Promise<void> {
  process.kill(leader, 'SIGKILL');
  await eventually(async () => !daemon.isRunning(), { timeoutMs: 10_000, what: 'a host to lose its power' });
  await daemon.kill();
}
