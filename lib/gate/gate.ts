import { messageOf } from '../base/errors.ts';
import type { Finding } from '../findings/register.ts';
import { decide } from './policy.ts';
import type { Target } from '../cluster/target.ts';
import { connections, MAX_CONNECTIONS } from '../net/connections.ts';
import { createNews, type News } from './news.ts';
import type { Require, TargetReport, Verdict } from './verdict.ts';
import { watchTarget } from './watch-target.ts';
import { subjectsAt, type Watched } from './watched.ts';
import { anyOf } from '../system/deadline.ts';

export interface GateOptions<Subject> extends Watched<Subject> {
  readonly targets: readonly Target[];
  readonly require: Require;
  /** milliseconds for all of it */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** called whenever something is known that was not; must not throw */
  readonly onChange?: (reports: readonly TargetReport[]) => void;
}

/** An agent that restarts is back by then. */
const MAX_GRACE_MS = 3_000;

/** What is known of a target before anything has been seen. */
function unseen<Subject>(
  target: Target,
  options: Pick<GateOptions<Subject>, 'subjects' | 'nameOf' | 'push' | 'isFor'>,
): TargetReport {
  const { nameOf, push } = options;
  const { isDrained, unprobed = null, kind } = target;
  // What is not looked at is waited for where something has to be brought there.
  const state = isDrained
    ? 'drained'
    : unprobed !== null && (!push || kind === 'name-server')
      ? 'unprobed'
      : 'waiting';
  return {
    target,
    state,
    attempts: 0,
    elapsedMs: 0,
    missing: state === 'waiting' ? subjectsAt(target, options).map(nameOf) : [],
    reason: state === 'unprobed' ? { code: unprobed ?? 'on-standby' } : null,
    unsent: null,
  };
}

/** A bug's message and the place where it was thrown. */
function whatAndWhere(error: unknown): string {
  const [, frame = ''] = error instanceof Error ? (error.stack ?? '').split(/\n(?= +at )/) : [];
  return [messageOf(error), frame.trim()].filter(Boolean).join(' ');
}

/** What has come to a peer may be served by a VIP from that moment on. That it has come there once more is no news. */
function telling<Subject>(options: GateOptions<Subject>, news: News): GateOptions<Subject> {
  const { push } = options;
  if (!push) return options;
  let isThere = false;
  return {
    ...options,
    push: async (target, signal) => {
      const outcome = await push(target, signal);
      if (outcome.isOk && !isThere && target.kind === 'node' && !target.isSelf) news.tell();
      isThere = outcome.isOk;
      return outcome;
    },
  };
}

function limitsOf({ targets, timeoutMs }: Pick<GateOptions<never>, 'targets' | 'timeoutMs'>) {
  return {
    limit: connections,
    perTarget: Math.max(1, Math.floor(MAX_CONNECTIONS / targets.length)),
    graceMs: Math.min(MAX_GRACE_MS, timeoutMs / 4),
  };
}

/** What ends a gate: `done` ends the looks, `over` all of it, as the time and an interruption do. */
function endsOf({ signal: interruption, timeoutMs }: Pick<GateOptions<never>, 'signal' | 'timeoutMs'>) {
  const met = new AbortController();
  const overtime = new AbortController();
  const until = anyOf(interruption, overtime.signal);
  const signal = anyOf(until, met.signal);
  // Whoever is stopped by it has had its time.
  const end = (which: AbortController) => which.abort(new DOMException('the gate is over', 'TimeoutError'));
  const deadline = setTimeout(() => end(overtime), timeoutMs);
  const over = () => {
    clearTimeout(deadline);
    end(overtime);
  };
  return { signal, until, done: () => end(met), over };
}

/**
 * Looks at all targets side by side until the policy is satisfied or the time is over. A push that has failed where the
 * target serves is tried on for a moment, within that time.
 * One target never delays another. Resolves to what was seen; an aborted signal ends it early,
 * with what was seen until then.
 */
export async function holdGate<Subject>(options: GateOptions<Subject>): Promise<Verdict> {
  const { targets, require } = options;
  const startedMs = performance.now();
  const elapsed = () => performance.now() - startedMs;
  const { signal, until, done, over } = endsOf(options);
  const news = createNews();
  const limits = limitsOf(options);

  const reports = targets.map((target) => unseen(target, options));
  let isMet = false;
  const judge = () => {
    if (signal.aborted || decide(reports, require, elapsed()) !== 'met') return;
    isMet = true;
    done();
  };
  // The policy may depend on the time alone, with nothing new to see.
  const clock = setInterval(judge, 100);

  const watch = async (target: Target, index: number) => {
    const onContact = () => {
      const report = reports[index];
      if (report?.state === 'waiting') reports[index] = { ...report, hasContact: true };
    };
    const watching = { ...telling(options, news), ...limits, target, signal, until, news, onContact };
    for await (const seen of watchTarget(watching)) {
      const before = reports[index];
      // It has served since then, whatever has become of its push.
      const elapsedMs = before?.state === 'served' ? before.elapsedMs : elapsed();
      const met = before?.hasContact === true ? { hasContact: true } : {};
      reports[index] = { target, ...seen, ...met, elapsedMs };
      options.onChange?.(reports);
      if (seen.state === 'served') news.tell();
      judge();
    }
  };
  /** A bug that one target's answers have found must not keep the others from being looked at. */
  const isLost = (index: number, error: unknown) => {
    const lost = reports[index];
    if (lost === undefined) throw error;
    const reason: Finding = { code: 'internal-error', error: whatAndWhere(error) };
    reports[index] = { ...lost, state: 'failing', reason, elapsedMs: elapsed() };
    options.onChange?.(reports);
  };
  try {
    judge();
    await Promise.all(
      targets.map(async (target, index) => {
        if (reports[index]?.state === 'waiting')
          await watch(target, index).catch((error: unknown) => isLost(index, error));
      }),
    );
  } finally {
    clearInterval(clock);
    over();
  }
  return { isMet, elapsedMs: elapsed(), targets: reports };
}
