import type { PendingChallenge } from './pending-challenge.ts';

/**
 * Challenges in this order whose times tell it too: the clock may have been set back between them, and that of files is coarse.
 * @param before what came earlier; default: nothing
 */
export function oneAfterAnother(
  entries: readonly PendingChallenge[],
  before: readonly PendingChallenge[] = [],
): readonly PendingChallenge[] {
  let lastMs = Math.max(...before.map(({ recordedAtMs }) => recordedAtMs));
  return entries.map((entry) => {
    lastMs = Math.max(entry.recordedAtMs, lastMs + 0.001);
    return { ...entry, recordedAtMs: lastMs };
  });
}
