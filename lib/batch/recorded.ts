import type { HookEnvironment } from '../certbot/environment.ts';
import { countIn, keyOf, type AnyChallenge } from '../challenge/any-challenge.ts';
import type { PendingStore } from '../state/pending.ts';
import type { Run } from '../state/pending-challenge.ts';

interface Recorded {
  readonly store: PendingStore;
  readonly run: Run;
  /** the last one's own environment */
  readonly hook: HookEnvironment;
}

/**
 * What has been recorded, and the last hook's own, which may not have been: what is recorded of the same name beyond what
 * the batch has of it is of an earlier one.
 */
export async function recordedIn({ store, run, hook }: Recorded): Promise<readonly AnyChallenge[]> {
  const { challenge, allIdentifiers } = hook;
  const others = (await store.batch(run)).filter((entry) => keyOf(entry) !== keyOf(challenge));
  const times = countIn(allIdentifiers).get(challenge.identifier) ?? 1;
  const ofName = others.filter(({ identifier }) => identifier === challenge.identifier);
  const earlier = new Set(ofName.slice(0, Math.max(0, ofName.length - (times - 1))));
  return [...others.filter((entry) => !earlier.has(entry)), challenge];
}

/** The names whose hooks have not recorded them: certbot goes on after a hook that has failed. */
export function missingIn(
  challenges: readonly AnyChallenge[],
  { allIdentifiers }: HookEnvironment,
): readonly string[] {
  const recorded = countIn(challenges.map(({ identifier }) => identifier));
  const wanted = [...countIn(allIdentifiers)];
  return wanted.filter(([name, times]) => times > (recorded.get(name) ?? 0)).map(([name]) => name);
}
