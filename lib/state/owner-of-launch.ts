import { isCertbot } from '../certbot/process.ts';
import { findProcess, type ProcessId } from '../system/processes.ts';

/** A process above a launcher, which has told the start of one that may be a certbot by the name of its program. */
export type Above = ProcessId | { readonly pid: number; readonly startTime: null };

interface Recorded {
  /** the launcher's ancestors, the nearest first */
  readonly above: readonly Above[];
  /** milliseconds since the epoch */
  readonly atMs: number;
}

/**
 * The certbot of a launcher. Where none of those above it is one that runs, it is the nearest that may have been one, and has
 * ended. It was none, and the owner is null, as long as it runs, or one that is nearer to the launcher: a wrapper that started a
 * certbot of another name may have ended before that.
 */
export type OwnerOf = (recorded: Recorded) => ProcessId | null;

/** Of Linux's USER_HZ (proc(5)). */
const TICK_MS = 10;
/** That of files is coarse, as ticks are. */
const CLOCKS_DIFFER_MS = 1000;

export function createOwners(): OwnerOf {
  // A hundred launchers have nearly the same ancestors.
  const findNow = remembered(findProcess);
  const isOne = remembered(isCertbot);

  /** Null where it has ended. One whose start is not known may have given its number to a later one. */
  function runningOf({ pid, startTime }: Above, atMs: number): ProcessId | null {
    const found = findNow(pid);
    if (found === null || startTime !== null) return found?.startTime === startTime ? found : null;
    const sinceMs = (Number(findNow(process.pid)?.startTime) - Number(found.startTime)) * TICK_MS;
    const startedAtMs = Date.now() - process.uptime() * 1000 - sinceMs;
    return startedAtMs > atMs + CLOCKS_DIFFER_MS ? null : found;
  }

  return ({ above, atMs }) => {
    const nearest = above.findIndex(({ startTime }) => startTime !== null);
    let isOfAnother = false;
    for (const [index, one] of above.entries()) {
      const found = runningOf(one, atMs);
      if (found === null) continue;
      if (isOne(found.pid)) return found;
      if (index <= nearest) isOfAnother = true;
    }
    const { pid = 0, startTime = null } = above[nearest] ?? {};
    return isOfAnother || startTime === null ? null : { pid, startTime };
  };
}

function remembered<V>(look: (pid: number) => V): (pid: number) => V {
  const known = new Map<number, V>();
  return (pid) => {
    const value = known.has(pid) ? (known.get(pid) as V) : look(pid);
    known.set(pid, value);
    return value;
  };
}
