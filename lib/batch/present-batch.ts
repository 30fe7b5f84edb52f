import { isRunning } from '../system/processes.ts';
import { keyOf, type AnyChallenge } from '../challenge/any-challenge.ts';
import { challengesOf } from './batch-events.ts';
import { eventsFor } from '../state/events-for.ts';
import type { OnDamage } from '../state/json-file.ts';
import type { PendingStore } from '../state/pending.ts';
import type { Run } from '../state/pending-challenge.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { HookEnvironment } from '../certbot/environment.ts';
import { successLine } from './success-line.ts';
import { blocking } from '../gate/policy.ts';
import { isLeftOut, lineOf, settledOf, waitedSeconds, type Verdict } from '../gate/verdict.ts';
import { missingIn, recordedIn } from './recorded.ts';
import { openWays, overall, reportLeft, type Presented, type Ways } from './ways.ts';
import type { HookIo } from '../base/io.ts';
import { findingsOf } from '../base/errors.ts';
import { print } from '../base/print.ts';
import { printError } from '../base/report-error.ts';
import type { Finding } from '../findings/register.ts';
import { lineOf as lineOfFinding } from '../findings/words.ts';
import { anyOf } from '../system/deadline.ts';

interface Batch {
  readonly cluster: Cluster;
  readonly store: PendingStore;
  readonly run: Run;
  readonly io: HookIo;
  readonly onDamage: OnDamage;
  /** the last one's own environment */
  readonly hook: HookEnvironment;
}

const LOOK_AFTER_CERTBOT_EVERY_MS = 500;

/** The work of a batch's last auth hook: everything to every node, then the gate. */
export async function presentBatch(batch: Batch): Promise<0 | 1> {
  const { cluster, io } = batch;
  const interruption = io.interruption();
  const orphaned = new AbortController();
  const watch = setInterval(() => isOrphan(batch) && orphaned.abort(), LOOK_AFTER_CERTBOT_EVERY_MS);
  let ways: Ways | null = null;
  try {
    const challenges = await recordedIn(batch);
    const missing = missingIn(challenges, batch.hook);
    if (missing.length > 0) print(io.err, { code: 'challenges-not-recorded', names: missing });
    ways = await openWays(cluster, challenges, io);
    const signal = anyOf(interruption, orphaned.signal);
    const presenting = { ways, challenges, missing, signal };
    return await present(batch, presenting, () => interruption.aborted).catch(async (error: unknown) => {
      // certbot will be ended, and calls no clean-up hook for a batch whose last auth hook it did not see end.
      if (isAbort(batch)) await takeBack(batch, presenting);
      const outcome = findingsOf(error)[0].code;
      await eventsFor(cluster, 'auth').write({ event: 'batch', ...challengesOf(challenges), outcome });
      throw error;
    });
  } finally {
    clearInterval(watch);
    await ways?.close();
  }
}

function isOrphan({ run }: Batch): boolean {
  return run.process !== null && !isRunning(run.process);
}

function isAbort({ cluster }: Batch): boolean {
  return cluster.config.gate.onFailure === 'abort';
}

interface Presenting {
  readonly ways: Ways;
  readonly challenges: readonly AnyChallenge[];
  readonly missing: readonly string[];
  readonly signal: AbortSignal;
}

async function present(batch: Batch, presenting: Presenting, isInterrupted: () => boolean): Promise<0 | 1> {
  const { cluster, store } = batch;
  const { ways, challenges, missing, signal } = presenting;
  const events = eventsFor(cluster, 'auth');
  const of = challengesOf(challenges);
  if (isAbort(batch) && missing.length > 0) {
    await Promise.all([
      takeBack(batch, presenting),
      events.write({ event: 'batch', ...of, outcome: 'challenges-not-recorded' }),
    ]);
    return 1;
  }
  const presented = await ways.present({ signal, onPlaced: store.place });
  const verdict = overall(presented);
  const stopped = isInterrupted() ? 'interrupted' : isOrphan(batch) ? 'certbot-has-ended' : null;
  const outcome =
    stopped ??
    (verdict.isMet ? null : 'challenges-not-seen') ??
    (missing.length > 0 ? 'challenges-not-recorded' : 'ok');
  // Beside the rest: certbot waits for it.
  const [code] = await Promise.all([
    conclude(batch, presenting, { presented, verdict, stopped }),
    events.write(
      ...presented.flatMap((one) => one.eventsOf(stopped === null ? one.verdict : settledOf(one.verdict))),
      {
        event: 'batch',
        ...of,
        ms: verdict.elapsedMs,
        outcome,
      },
    ),
  ]);
  return code;
}

interface Seen {
  readonly presented: readonly Presented[];
  readonly verdict: Verdict;
  /** why it was ended early; null: it was not */
  readonly stopped: 'interrupted' | 'certbot-has-ended' | null;
}

async function conclude(
  batch: Batch,
  presenting: Presenting,
  { presented, verdict, stopped }: Seen,
): Promise<0 | 1> {
  const { run, io } = batch;
  const { missing } = presenting;
  if (stopped !== null) {
    // certbot calls no clean-up hook for a batch whose last auth hook it did not see end.
    io.err(lineOfFinding({ code: stopped }));
    await takeBack(batch, presenting);
    return 1;
  }
  if (verdict.isMet) for (const one of presented) io.out(successLine(one.challenges, one.verdict));
  else reportFailure(batch, verdict);
  const failed = [...missing, ...(verdict.isMet ? [] : blockedBy(verdict, batch))];
  // An attempt that never reaches the CA is none that the CA counts.
  if (!isAbort(batch) || run.process === null) await countFailures(failed, batch);
  if (isAbort(batch) && !verdict.isMet) await takeBack(batch, presenting);
  return failed.length === 0 && verdict.isMet ? 0 : 1;
}

function reportFailure({ cluster, io }: Batch, verdict: Verdict): void {
  const { gate } = cluster.config;
  const counting = verdict.targets.filter((report) => !isLeftOut(report));
  const held = counting.filter(({ state }) => state === 'served');
  const seen: Finding = {
    code: 'challenges-not-seen',
    seconds: waitedSeconds(verdict, gate.timeoutMs),
    served: held.length,
    targets: counting.length,
    require: gate.require,
  };
  io.err(lineOfFinding(seen));
  for (const report of verdict.targets) io.err(`  ${lineOf(report)}`);
}

/** The names that the gate has failed for. */
function blockedBy({ targets }: Verdict, { cluster }: Batch): readonly string[] {
  return [...new Set(blocking(targets, cluster.config.gate.require).flatMap(({ missing }) => missing))];
}

/** Remembers what the CA will fail to validate, and warns before its limit. */
async function countFailures(
  identifiers: readonly string[],
  { cluster, io, onDamage }: Batch,
): Promise<void> {
  if (identifiers.length === 0) return;
  const { createGateFailures } = await import('../state/gate-failures.ts');
  const failures = createGateFailures(cluster.config.stateDir, onDamage);
  for (const [name, times] of await failures.record(identifiers)) {
    print(io.err, { code: 'validation-limit-near', name, times });
  }
}

/** Takes the batch away again; what a peer keeps stays recorded for the next run. */
async function takeBack(
  { store, io }: Batch,
  { ways, challenges }: Pick<Presenting, 'ways' | 'challenges'>,
): Promise<void> {
  const left = await ways.takeAway();
  reportLeft(left, io.err, '  ');
  const done = challenges.map(keyOf).filter((key) => !left.keys.has(key));
  if (done.length === 0) return;
  // The next run finds what is recorded, and nothing on any node.
  await store.forget(done).catch((error: unknown) => printError(error, io.err, '  '));
}
