import type { Challenge } from '../challenge/challenge.ts';
import type { Target } from '../cluster/target.ts';
import { connections } from '../net/connections.ts';
import { within } from '../system/deadline.ts';
import { pause } from '../system/pause.ts';
import type { Probe, ProbeResult } from './probe.ts';
import type { Pace } from './watched.ts';

/** How one target sees what is written on this node, in milliseconds from the end of the write. */
export interface Sharing {
  readonly target: Target;
  /** until it served a file that it had not been asked for; null: it did not within the time */
  readonly freshMs: number | null;
  /** the same of one that it was asked for before, and had answered 404; null: it went on with 404; absent: it had not answered 404 */
  readonly after404Ms?: number | null;
  /** until it served a file whole that it had been asked for while it was empty; null: it did not; absent: it was not seen empty */
  readonly emptyMs?: number | null;
}

/** Three made-up challenges, of which nobody has been asked for any. */
export type Made = Readonly<Record<'asked' | 'fresh' | 'plain', Challenge>>;

export interface SharingOptions {
  readonly targets: readonly Target[];
  readonly made: Made;
  readonly probe: Probe<Challenge>;
  /** whole, and synced */
  readonly write: (challenges: readonly Challenge[]) => Promise<void>;
  /** as most programs do: empty first, then whole */
  readonly writeInPlace: (challenge: Challenge, whileEmpty: () => Promise<unknown>) => Promise<void>;
  readonly signal: AbortSignal;
  /** milliseconds that a file is waited for */
  readonly boundMs: number;
}

/** Who has not answered by then is not measured. */
const ANSWER_MS = 3_000;
const PACE: Pace = { firstMs: 5, maxMs: 250, growth: 1.2 };
/** What is seen empty is seen whole a second later, or belongs to a cache that the other looks tell of. */
export const PLAIN_MS = 5_000;

/**
 * Writes files here, and looks when each target serves them. One is asked for before it is there, which is what makes a cache remember that it
 * was not. Resolves within the bound and some seconds; rejects where nothing can be written.
 */
export async function measureSharing(options: SharingOptions): Promise<readonly Sharing[]> {
  const { targets, made, probe, write, signal, boundMs } = options;
  const look = async (target: Target, challenge: Challenge, until: AbortSignal) =>
    await connections(async () => await probe(target, challenge, until));
  const early = within(signal, Math.min(ANSWER_MS, boundMs));
  const before = await Promise.all(
    targets.map(async (target) => is404(await look(target, made.asked, early))),
  );
  await write([made.asked, made.fresh]);
  const until = within(signal, boundMs);
  const seen = Promise.all(
    targets.map(async (target, index): Promise<Sharing> => {
      const limit = before[index] ? until : within(until, ANSWER_MS);
      const when = async (challenge: Challenge) =>
        await untilServed(async () => await look(target, challenge, limit), limit);
      const [freshMs, after404Ms] = await Promise.all([
        when(made.fresh),
        before[index] ? when(made.asked) : undefined,
      ]);
      return { target, freshMs, ...(after404Ms !== undefined && { after404Ms }) };
    }),
  );
  // One after the other writes; the looks go on side by side.
  const [all, empty] = await Promise.all([seen, emptyTimes(options, before, look)]);
  return all.map((one, index) => ({ ...one, ...(empty[index] !== undefined && { emptyMs: empty[index] }) }));
}

type Look = (target: Target, challenge: Challenge, until: AbortSignal) => Promise<ProbeResult>;

async function emptyTimes(
  { targets, made, writeInPlace, signal, boundMs }: SharingOptions,
  areThere: readonly boolean[],
  look: Look,
): Promise<readonly (number | null | undefined)[]> {
  const until = within(signal, Math.min(PLAIN_MS, boundMs));
  const { plain } = made;
  let wereEmpty: readonly boolean[] = [];
  await writeInPlace(plain, async () => {
    wereEmpty = await Promise.all(
      targets.map(async (target, at) => areThere[at] === true && isEmpty(await look(target, plain, until))),
    );
  });
  return await Promise.all(
    targets.map(async (target, index) =>
      wereEmpty[index] ? await untilServed(async () => await look(target, plain, until), until) : undefined,
    ),
  );
}

/** Milliseconds from now on; null where it was not within the time. */
async function untilServed(look: () => Promise<ProbeResult>, signal: AbortSignal): Promise<number | null> {
  const startedMs = performance.now();
  let pauseMs = PACE.firstMs;
  while (!signal.aborted) {
    const { state } = await look();
    if (state === 'served') return performance.now() - startedMs;
    await pause(pauseMs, signal);
    pauseMs = Math.min(PACE.maxMs, pauseMs * PACE.growth);
  }
  return null;
}

function is404(seen: ProbeResult): boolean {
  return (
    seen.state === 'failing' &&
    (seen.reason.code === 'token-not-found' || seen.reason.code === 'other-site-answers')
  );
}

function isEmpty(seen: ProbeResult): boolean {
  return seen.state === 'failing' && seen.reason.code === 'body-differs' && seen.reason.got === '';
}
