import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * SIGKILL to a child that leads a group of its own and to all its descendants that stayed in the group, in whatever
 * process namespace they are.
 *
 * nsenter is spared: it ends with its child. Were it killed first, nobody would be left to collect the child, and the
 * child's namespace could not go.
 */
export function killGroup(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  if (child.spawnfile !== 'nsenter') return kill(-pid);
  // Parents first, or they would see a child fail and go on.
  const members = membersOf(pid).filter((member) => member !== pid);
  for (const member of members) kill(member);
  if (members.length === 0) kill(pid);
}

function membersOf(group: number): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .filter((pid) => groupOf(pid) === group)
    .map(Number)
    .toSorted((a, b) => a - b);
}

function groupOf(pid: string): number | undefined {
  try {
    // After the name, which is in brackets and may hold anything: state, parent, group.
    const [, , group] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return Number(group);
  } catch {
    // Ended while the list was read.
    return undefined;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // Gone already is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
