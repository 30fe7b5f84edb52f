import { readFileSync } from 'node:fs';
import { findProcess, isHidden, isRunning, pidNamespace } from './processes.ts';

/**
 * Who holds a lock: the name of an empty file in the lock's directory. It names a process by what no clock changes:
 * its number, its start in ticks since boot, the boot, and the namespace that the number is of.
 */
export interface Holder {
  readonly pid: number;
  readonly startTime: string;
  /** null where `/proc` does not tell */
  readonly boot: string | null;
  readonly namespace: string | null;
}

/** What can be said of a holder from here. `unknown`: another container's process, for one. */
export type HolderState = 'alive' | 'dead' | 'unknown';

const NAME = /^(\d+)-(\d+)-([0-9a-f]+|x)-(\d+|x)-\d+$/;

/** This process as a holder. Null without `/proc`. @param nth tells its locks apart */
export function ownName(nth: number): string | null {
  const self = findProcess(process.pid);
  if (self === null) return null;
  const { boot, namespace } = here();
  return [self.pid, self.startTime, boot ?? 'x', namespace ?? 'x', nth].join('-');
}

/** Null for a file that names no holder. */
export function holderOf(name: string): Holder | null {
  const [, pid, startTime, boot, namespace] = NAME.exec(name) ?? [];
  if (pid === undefined || startTime === undefined) return null;
  const known = (part: string | undefined) => (part === undefined || part === 'x' ? null : part);
  return { pid: Number(pid), startTime, boot: known(boot), namespace: known(namespace) };
}

/**
 * Nobody is dead for another boot's name alone: a container has one of its own, which a unit with a /proc of its own does
 * not see. A process of that number and start that runs is told by its refreshing, or by not doing it.
 */
export function stateOf({ pid, startTime, boot, namespace }: Holder): HolderState {
  const own = here();
  if (namespace === null || namespace !== own.namespace) return 'unknown';
  const isOtherBoot = boot !== null && own.boot !== null && boot !== own.boot;
  if (isRunning({ pid, startTime })) return isOtherBoot ? 'unknown' : 'alive';
  return isHidden(pid) ? 'unknown' : 'dead';
}

function here(): Pick<Holder, 'boot' | 'namespace'> {
  return {
    boot: tried(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').replaceAll(/[^0-9a-f]/g, '')),
    namespace: pidNamespace(),
  };
}

function tried(read: () => string | null): string | null {
  try {
    return read();
  } catch {
    return null; // a sandbox may hide it; the holder is unknown then
  }
}
