import { print } from '../base/print.ts';
import { printError } from '../base/report-error.ts';
import { isDns, keyOf, type AnyChallenge } from '../challenge/any-challenge.ts';
import { recordOf } from '../challenge/dns-01.ts';
import type { PendingStore } from '../state/pending.ts';
import type { PendingChallenge } from '../state/pending-challenge.ts';
import type { Left } from './ways.ts';

/** A peer that has been away for a week does not come back with tokens that matter; nor does a provider let anybody in again. */
const GIVE_UP_AFTER_MS = 7 * 24 * 3_600_000;

interface TakenAway {
  readonly store: PendingStore;
  /** of those that were taken away, what is in the store */
  readonly recorded: readonly PendingChallenge[];
  readonly challenges: readonly AnyChallenge[];
  readonly left: Pick<Left, 'keys'>;
  readonly err: (line: string) => void;
}

/** Forgets what has been taken away, and keeps in mind what has not, for the next run. */
export async function forgetOrKeep({ store, recorded, challenges, left, err }: TakenAway): Promise<void> {
  const now = Date.now();
  // A week of attempts: a node that was off for longer has made none.
  const isTooOld = ({ isOver, recordedAtMs }: PendingChallenge) =>
    isOver === true && now - recordedAtMs > GIVE_UP_AFTER_MS;
  const tooOld = new Set(recorded.filter(isTooOld).map(keyOf));
  for (const entry of recorded.filter(isDns)) {
    if (!tooOld.has(keyOf(entry)) || !left.keys.has(keyOf(entry))) continue;
    const { name, value } = recordOf(entry);
    print(err, { code: 'record-given-up', name: entry.placedAt ?? name, value });
  }
  const isDone = (challenge: AnyChallenge) =>
    !left.keys.has(keyOf(challenge)) || tooOld.has(keyOf(challenge));
  await store.forget(challenges.filter(isDone).map(keyOf));
  // The next batch of this certbot may have the same names.
  const kept = recorded
    .filter((entry) => entry.isOver !== true && !isDone(entry))
    .map((entry) => ({ ...entry, recordedAtMs: now }));
  if (kept.length > 0) await store.retire(kept).catch((error: unknown) => printError(error, err));
}
