import { pause as sleepUntil } from '../system/pause.ts';
import { within } from '../system/deadline.ts';
import { pauseUntilNews, type News } from './news.ts';
import { createPusher, pushOn, type Pusher } from './push.ts';
import type { LimitFunction } from 'p-limit';
import { eachInTurn } from '../base/each-in-turn.ts';
import type { Outcome } from '../base/outcome.ts';
import type { ProbeResult } from './probe.ts';
import type { Target } from '../cluster/target.ts';
import type { TargetReport } from './verdict.ts';
import { subjectsAt, type Pace, type Watched } from './watched.ts';
import type { Finding } from '../findings/register.ts';
import { isSilence } from '../net/network-error.ts';

interface WatchOptions<Subject> extends Watched<Subject> {
  readonly target: Target;
  /** ends the looks: the policy is satisfied, or as `until` */
  readonly signal: AbortSignal;
  /** the time is over, or somebody has interrupted */
  readonly until: AbortSignal;
  /** all targets' connections together */
  readonly limit: LimitFunction;
  readonly perTarget: number;
  /** milliseconds that a push is tried again for where its target serves without */
  readonly graceMs: number;
  /** of other targets: a VIP's holder may be one */
  readonly news: News;
  /** see Probe */
  readonly onContact?: () => void;
}

type Seen = Omit<TargetReport, 'target' | 'elapsedMs'>;

/** The growth is small, since what is seen late is late by up to this part of the time; more looks would cost the nodes more than they tell. */
const PACE: Pace = { firstMs: 20, maxMs: 1_000, growth: 1.15 };
/** Below the 3 s after which a target that is not required, and has not answered, is left out. */
const SLOW_PUSH_MS = 1_000;
/** Of a target that was silent a moment ago: it is looked at as soon as it would have taken the push. */
const SLOW_FROM_SILENCE_MS = 100;

/**
 * Push and probe as one loop, until the target has been seen to serve every subject or the signal
 * aborts: a peer that comes back in the meantime gets its push again.
 */
export async function* watchTarget<Subject>(options: WatchOptions<Subject>): AsyncGenerator<Seen> {
  const { signal, target } = options;
  if (target.unprobed) return yield* pushAlone(options, { code: target.unprobed });
  const push = createPusher(options);
  let missing = [...subjectsAt(target, options)];
  const { pace = PACE } = options;
  let pauseMs = pace.firstMs;
  for (let attempts = 1; !signal.aborted; attempts += 1) {
    const pushing = push();
    // Whoever has answered by then has to serve it, however long its agent takes.
    if (attempts === 1 && (await isSlow(pushing, options))) {
      const early = await firstLook(options);
      yield early;
      if (early.state === 'served') return yield* pushedLater(early, push, pushing, options);
    }
    const pushed = await pushing;
    const heard = options.news.count();
    const round = await look(options, missing);
    // A look that was cut off tells less than the one before it.
    if (signal.aborted && attempts > 1 && round.missing.length > 0) return;
    missing = round.missing;
    const names = missing.map(options.nameOf);
    if (missing.length === 0) {
      const unsent = pushed.isOk ? null : pushed.reason;
      const served = { state: 'served', attempts, missing: names, reason: null, unsent } as const;
      yield served;
      return yield* pushedLater(served, push, pushing, options);
    }
    const { state, reason } = round;
    yield { state, attempts, missing: names, reason, unsent: unsentBy(pushed, reason) };
    const isWhole = await pause(pauseMs, options, heard);
    if (isWhole) pauseMs = Math.min(pace.maxMs, pauseMs * pace.growth);
  }
}

/** What is served counts at once, and waits for no push. Tells it again when the push has come to another end. */
async function* pushedLater<Subject>(
  served: Seen,
  push: Pusher,
  begun: Promise<Outcome>,
  { until, graceMs }: WatchOptions<Subject>,
): AsyncGenerator<Seen> {
  const unsent = await pushOn(push, begun, within(until, graceMs));
  if (unsent !== served.unsent) yield { ...served, unsent };
}

/** Until it has come there once; nobody looks whether it is served. */
async function* pushAlone<Subject>(options: WatchOptions<Subject>, why: Finding): AsyncGenerator<Seen> {
  const push = createPusher(options);
  let pauseMs = PACE.firstMs;
  for (let attempts = 1; !options.signal.aborted; attempts += 1) {
    const pushed = await push();
    if (pushed.isOk) return yield { state: 'unprobed', attempts, missing: [], reason: why, unsent: null };
    // One that was cut off tells less than the one before it.
    if (options.signal.aborted && attempts > 1) return;
    const { reason } = pushed;
    const state = isSilence(reason.code) ? 'silent' : 'failing';
    yield {
      state,
      attempts,
      missing: subjectsAt(options.target, options).map(options.nameOf),
      reason,
      unsent: null,
    };
    await sleepUntil(pauseMs, options.signal);
    pauseMs = Math.min(PACE.maxMs, pauseMs * PACE.growth);
  }
}

/** Whether a push takes so long that the target is looked at before its end. */
async function isSlow<Subject>(
  pushing: Promise<Outcome>,
  { target, signal }: WatchOptions<Subject>,
): Promise<boolean> {
  const ms = target.silentAtMs !== undefined ? SLOW_FROM_SILENCE_MS : SLOW_PUSH_MS;
  const over = new AbortController();
  const isEarly = pushing.then(() => false);
  const isStillOn = sleepUntil(ms, AbortSignal.any([signal, over.signal])).then(() => true);
  try {
    return await Promise.race([isEarly, isStillOn]);
  } finally {
    over.abort();
  }
}

async function firstLook<Subject>(options: WatchOptions<Subject>): Promise<Seen> {
  const { state: worst, missing, reason } = await look(options, subjectsAt(options.target, options));
  const state = missing.length === 0 ? 'served' : worst;
  return { state, attempts: 1, missing: missing.map(options.nameOf), reason, unsent: null };
}

/** Why it could not be brought there, unless both fail alike: one host that is away is one reason. */
function unsentBy(pushed: Outcome, reason: Finding | null): Finding | null {
  if (pushed.isOk) return null;
  const unsent = pushed.reason;
  // Two programs, each of which may be down.
  if (unsent.code === 'connection-refused') return unsent;
  return unsent.code === reason?.code ? null : unsent;
}

interface Round<Subject> {
  readonly state: Exclude<ProbeResult['state'], 'served'>;
  readonly missing: Subject[];
  readonly reason: Finding | null;
}

/** One alone first: where nothing answers, asking for the others as well would only cost time. */
async function look<Subject>(
  options: WatchOptions<Subject>,
  subjects: readonly Subject[],
): Promise<Round<Subject>> {
  const [first, ...others] = subjects;
  if (first === undefined) return { state: 'failing', missing: [], reason: null };
  const firstResult = await probeOnce(options, first);
  if (firstResult.state === 'silent')
    return { state: 'silent', missing: [...subjects], reason: firstResult.reason };
  const results = await eachInTurn(
    others,
    options.perTarget,
    async (subject) => await probeOnce(options, subject),
  );

  const all = [firstResult, ...results];
  const missing = subjects.filter((_, index) => all[index]?.state !== 'served');
  const failed = all.filter(
    (one): one is Exclude<ProbeResult, { state: 'served' }> => one.state !== 'served',
  );
  // What is not in use there holds nothing up, so it must not stand for a subject that is to be served.
  const worst = failed.find(({ state }) => state !== 'unused') ?? failed[0];
  return worst === undefined
    ? { state: 'failing', missing, reason: null }
    : { state: worst.state, missing, reason: worst.reason };
}

async function probeOnce<Subject>(options: WatchOptions<Subject>, subject: Subject): Promise<ProbeResult> {
  const { target, signal, probe, limit, onContact } = options;
  return await limit(async () => {
    if (signal.aborted) return { state: 'silent', reason: { code: 'no-time-left' } };
    return await probe(target, subject, signal, onContact);
  });
}

/** Ends early where there is news, for a VIP, or when all is over. @returns whether that was all of the time */
async function pause<Subject>(
  ms: number,
  { target, signal, news }: WatchOptions<Subject>,
  heard: number,
): Promise<boolean> {
  if (target.kind === 'vip') return await pauseUntilNews(ms, { news, heard, signal });
  await sleepUntil(ms, signal);
  return true;
}
