import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** What a lab is made of, as the kernel sees it. */
export interface Traces {
  readonly processes: readonly Process[];
  readonly namespaces: readonly string[];
}

/** Numbers are given again; with its start a process is not mistaken for a later one. */
interface Process {
  readonly pid: string;
  readonly state: string;
  /** Clock ticks since this machine's boot. */
  readonly start: number;
}

const KINDS = ['mnt', 'net', 'pid'] as const;

/** Everything that descends from a process, apart from `known`, and the namespaces that it does not share. */
export async function tracesBelow(pid: number, known?: Traces): Promise<Traces> {
  const before = new Set(known?.processes.map((process) => process.pid));
  const pids = (await descendants(String(pid))).filter((candidate) => !before.has(candidate));
  const shared = await namespacesOf('self');
  const all = (await Promise.all(pids.map(namespacesOf))).flat();
  return {
    processes: (await Promise.all(pids.map(look))).flat(),
    namespaces: [...new Set(all)].filter((namespace) => !shared.includes(namespace)),
  };
}

/** What is left: processes, mounts that keep a namespace, control groups. */
export async function remainsOf({ processes, namespaces }: Traces): Promise<readonly string[]> {
  const now = await Promise.all(processes.map(({ pid }) => look(pid)));
  const running = now.flat().filter(({ pid, state, start }) => {
    // One that has ended may wait for process 1 of this machine to collect it, in its own time.
    return state !== 'Z' && processes.some((process) => process.pid === pid && process.start === start);
  });
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const groups = await controlGroups(mounts);
  return [
    ...running.map(({ pid }) => `process ${pid}`),
    ...mounts.filter((line) => namespaces.some((namespace) => line.includes(` ${namespace} `))),
    ...groups.filter((name) => processes.some(({ pid }) => name.endsWith(`-${pid}`))),
  ];
}

/** Nothing for a process that is gone. */
async function look(pid: string): Promise<readonly Process[]> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // After the name, which is in brackets and may hold anything, from field 3 (state) on; 22 is the start.
  const fields = stat.split(') ').at(-1)?.split(' ') ?? [];
  return stat === '' ? [] : [{ pid, state: fields[0] ?? '', start: Number(fields[19]) }];
}

async function descendants(pid: string): Promise<readonly string[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')),
  );
  const children = lists.flatMap((list) => list.split(' ').filter(Boolean));
  return [...children, ...(await Promise.all(children.map(descendants))).flat()];
}

function namespacesOf(pid: string): Promise<readonly string[]> {
  // Empty for a process that has ended.
  return Promise.all(KINDS.map((kind) => readlink(`/proc/${pid}/ns/${kind}`).catch(() => '')));
}

/** The names of the labs' control groups, wherever cgroup v2 is mounted here. */
async function controlGroups(mounts: readonly string[]): Promise<readonly string[]> {
  const directories = mounts
    .filter((line) => line.includes(' - cgroup2 '))
    .map((line) => line.split(' ')[4] ?? '');
  const names = await Promise.all(directories.map((directory) => readdir(join('/', directory))));
  return names.flat().filter((name) => name.startsWith('certbot-ha-lab-'));
}
