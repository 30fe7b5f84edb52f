import { holderOf, stateOf } from './lock-holder.ts';

/** Not refreshed for that long, a lock that does not say who holds it is nobody's: of an earlier version, or cut off. */
export const STALE_MS = 5_000;

/** Whoever waits looks at it more often; where all that runs here has stood still, nobody has refreshed anything. */
const LOOKED_AT_EVERY_MS = 1_000;

/** Whether somebody holds a lock with these names in it, and that time, which has stayed as it is for so long. */
export function judge(
  names: readonly string[],
  mtime: Date,
  unchangedMs: number,
): 'held' | 'past' | 'undecided' {
  const holders = names.map(holderOf).filter((holder) => holder !== null);
  const isRefreshed = unchangedMs <= STALE_MS;
  if (holders.length === 0) {
    const ageMs = Date.now() - mtime.getTime();
    // From a future that may be far off when the clock has been put back.
    return ageMs > STALE_MS || (ageMs < -STALE_MS && !isRefreshed) ? 'past' : 'undecided';
  }
  const states = new Set(holders.map(stateOf));
  if (states.has('alive')) return 'held';
  return states.has('unknown') && isRefreshed ? 'undecided' : 'past';
}

/** For how long the time has stayed as it is, by a clock that nobody sets, as far as it was looked at. */
export function createWatch() {
  let seen: number | null = null;
  let [lastMs, unchangedMs, changes] = [0, 0, 0];
  return {
    hasChanged: () => changes > 0,
    unchangedMs: (mtime: Date): number => {
      const nowMs = performance.now();
      if (mtime.getTime() === seen) unchangedMs += Math.min(nowMs - lastMs, LOOKED_AT_EVERY_MS);
      else {
        changes += seen === null ? 0 : 1;
        [seen, unchangedMs] = [mtime.getTime(), 0];
      }
      lastMs = nowMs;
      return unchangedMs;
    },
  };
}
