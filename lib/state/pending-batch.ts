import { countIn } from '../challenge/any-challenge.ts';
import type { PendingChallenge, Run } from './pending-challenge.ts';

/**
 * A batch has one challenge an identifier, and two where a wildcard is one of them. Two batches of one certbot may have the
 * same names: EC and RSA. What is recorded of a name that has come again, and all that is older, is left of a batch that
 * nobody has cleaned up.
 */
export function batchIn(
  entries: readonly PendingChallenge[],
  { id, identifiers = [] }: Run,
): readonly PendingChallenge[] {
  const own = entries.filter((entry) => entry.run.id === id && entry.isOver !== true);
  const counts = countIn(identifiers);
  const newest = new Set<PendingChallenge>();
  const seen = new Map<string, number>();
  for (const entry of own.toReversed()) {
    const times = (seen.get(entry.identifier) ?? 0) + 1;
    seen.set(entry.identifier, times);
    if (times <= (counts.get(entry.identifier) ?? 1)) newest.add(entry);
  }
  const earlier = own.filter((entry) => !newest.has(entry));
  const begunAfterMs = Math.max(...earlier.map(({ recordedAtMs }) => recordedAtMs));
  return own.filter((entry) => newest.has(entry) && entry.recordedAtMs > begunAfterMs);
}
