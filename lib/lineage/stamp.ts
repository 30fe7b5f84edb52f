import { DAY_MS } from '../system/spans.ts';
// Which generation of a lineage is the newest its dates do not tell: a CA backdates by an hour, a day, or nine
// days. What certbot has issued last is the newest, and only the node where it ran knows when that was. So each
// generation has a stamp: when it was issued, by that node's clock, and after every other one known there.

/** A clock that is further ahead is wrong, and what it has stamped would be the newest for as long. */
const MAX_AHEAD_MS = DAY_MS;

/** More than a day ahead of this node's clock: not believed. */
export function isAhead(stamp: string, now: Date): boolean {
  return Date.parse(stamp) - now.getTime() > MAX_AHEAD_MS;
}

/** The stamp of what has been issued now: after all these, whatever the clocks of their nodes say. */
export function stampAfter(known: readonly string[], now: Date): string {
  const newest = Math.max(...known.map((stamp) => Date.parse(stamp) + 1), now.getTime());
  return new Date(newest).toISOString();
}

/** The earlier of two: whoever stamps a generation again does so later than its issuer did. */
export function earliest(stamps: readonly string[]): string | null {
  const [first = null] = stamps.toSorted((one, other) => Date.parse(one) - Date.parse(other));
  return first;
}

/** Of two times the later. */
export function laterOf(one: string, other: string): string {
  return Date.parse(one) < Date.parse(other) ? other : one;
}
