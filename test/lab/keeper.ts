import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { PLAIN_ENVIRONMENT } from './command.ts';
import { killGroup } from '../support/programs/kill.ts';

/** Namespaces in which a whole lab lives, kept open by a process of ours and gone with it. */
export interface Keeper {
  /** Process 1 of the lab's own process namespace, as numbered here. */
  readonly pid: number;
  /** The lab's file tree as seen from here. Absolute links in it would lead back out. */
  readonly root: string;
  /** The lab's control group as seen from inside. */
  readonly cgroup: string;
  /** The command that runs `argv` inside. */
  enter(argv: readonly string[], place?: Place): readonly string[];
  close(): Promise<void>;
}

/** A part of the lab; default its outermost network and its whole file tree. */
export interface Place {
  /** The name of a network of the lab. */
  readonly network?: string | undefined;
  /** A directory as seen from here that becomes /. */
  readonly root?: string;
}

/** Where the lab's mounts and files are, inside. A tmpfs of its own. */
export const LAB_DIR = '/run/lab';

const CGROUP_PREFIX = '/sys/fs/cgroup/certbot-ha-lab-';

/**
 * Process 1 of the lab. It waits for the end of its input, a pipe that only this Node.js process holds: when
 * Node.js ends, however, the pipe closes and process 1 exits. With it the kernel ends every process of the lab and
 * drops mounts and networks, which exist nowhere else.
 */
const INIT = `set -eu
read -r pid _ </proc/self/stat
mount -t proc proc /proc
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir -p /run/netns ${LAB_DIR}
mount -t tmpfs -o mode=0755 tmpfs ${LAB_DIR}
echo "$pid"
read -r _ || true`;

/**
 * Stays outside to remove the control groups afterwards: they are the one thing that does not go with a namespace.
 * It mounts cgroup v2 for itself, so all machines look alike, whatever they use themselves. Before it starts, it
 * sweeps those of labs whose keeper was killed.
 */
const SUPERVISOR = `set -eu
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
sweep() { find "$1" -depth -type d -exec rmdir {} + 2>/dev/null || true; }
for old in ${CGROUP_PREFIX}*; do [ -d "/proc/\${old##*-}" ] || sweep "$old"; done
mkdir "${CGROUP_PREFIX}$$"
code=0
unshare --mount --net --pid --fork --kill-child=SIGKILL -- sh -c "$1" || code=$?
sweep "${CGROUP_PREFIX}$$"
[ ! -d "${CGROUP_PREFIX}$$" ] || { echo "still there: ${CGROUP_PREFIX}$$" >&2; exit 70; }
exit $code`;

const START_MS = 5000;
const CLOSE_MS = 20_000;

export async function startKeeper(): Promise<Keeper> {
  const child = spawn('unshare', ['--mount', '--', 'sh', '-c', SUPERVISOR, 'sh', INIT], {
    env: PLAIN_ENVIRONMENT,
    // A group of its own: Ctrl-C must reach it as a closed pipe, or the control groups would stay.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const pid = await initOf(child);
  const supervisor = child.pid ?? 0;
  letNodeExit(child);
  let closing: Promise<void> | undefined;
  return {
    pid,
    root: `/proc/${pid}/root`,
    cgroup: `${CGROUP_PREFIX}${supervisor}`,
    enter: (argv, place) => [...nsenter(pid, place), '--', ...argv],
    close: () => (closing ??= closeKeeper(child)),
  };
}

function nsenter(pid: number, { network, root }: Place = {}): readonly string[] {
  return [
    ...['nsenter', `--target=${pid}`, '--mount', '--pid'],
    network === undefined ? '--net' : `--net=/proc/${pid}/root/run/netns/${network}`,
    ...(root === undefined ? [] : [`--root=${root}`, `--wd=${root}`]),
  ];
}

function initOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let stderr = '';
    const fail = (why: string) => {
      clearTimeout(timer);
      child.stdin?.destroy();
      reject(new Error(`namespaces for a lab: ${why.trim()}`));
    };
    const timer = setTimeout(() => fail(`not ready after ${START_MS} ms`), START_MS);
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdout?.once('data', (chunk: Buffer) => {
      clearTimeout(timer);
      resolve(Number(chunk.toString()));
    });
    child.once('error', (error) => fail(error.message));
    child.once('close', () => fail(stderr));
  });
}

/** A lab that nobody closed must not hold up the end of the program. */
function letNodeExit(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as Socket | null)?.unref();
}

/** Process 1 of a namespace is gone only when all its others are: with the end of the child nothing is left. */
async function closeKeeper(child: ChildProcess): Promise<void> {
  child.ref();
  const ended = child.exitCode !== null || child.signalCode !== null ? null : once(child, 'exit');
  child.stdin?.destroy();
  const timer = setTimeout(() => killGroup(child), CLOSE_MS);
  await ended;
  clearTimeout(timer);
  if (child.exitCode !== 0)
    throw new Error(`lab ${child.pid} ended with ${child.exitCode ?? child.signalCode}`);
}
