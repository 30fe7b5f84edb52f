import { writeToStderrOf } from '../certbot/stderr.ts';
import { isRunning } from '../system/processes.ts';
import type { Challenge } from '../challenge/challenge.ts';
import { cleanUpEverywhere, reportLeftOver } from './clean-up.ts';
import type { OnDamage } from '../state/json-file.ts';
import type { PendingStore, Run } from '../state/pending.ts';
import { presentEverywhere } from './present.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { isRequired } from '../gate/policy.ts';
import { lineOf, seconds, type TargetReport, type Verdict } from '../gate/verdict.ts';
import { createTransport } from '../transports/create.ts';
import type { Transport } from '../transports/transport.ts';
import type { HookIo } from '../base/io.ts';
import { print } from '../base/print.ts';
import type { Finding } from '../findings/register.ts';
import { lineOf as lineOfFinding } from '../findings/words.ts';

interface Batch {
  readonly cluster: Cluster;
  readonly store: PendingStore;
  readonly run: Run;
  readonly io: HookIo;
  readonly onDamage: OnDamage;
}

const LOOK_AFTER_CERTBOT_EVERY_MS = 500;

/** The work of a batch's last auth hook: everything to every node, then the gate. */
export async function presentBatch(batch: Batch): Promise<0 | 1> {
  const { cluster, store, run, io } = batch;
  const interruption = io.interruption();
  const orphaned = new AbortController();
  const isOrphan = () => run.process !== null && !isRunning(run.process);
  const watch = setInterval(() => isOrphan() && orphaned.abort(), LOOK_AFTER_CERTBOT_EVERY_MS);
  const transport = await createTransport(cluster);
  const challenges = await store.batch(run);
  try {
    const signal = AbortSignal.any([interruption, orphaned.signal]);
    const verdict = await presentEverywhere(cluster, transport, challenges, { signal });
    if (interruption.aborted || isOrphan()) {
      // certbot calls no clean-up hook for a batch whose last auth hook it did not see end.
      io.err(lineOfFinding({ code: interruption.aborted ? 'interrupted' : 'certbot-has-ended' }));
      await takeBack(batch, transport, challenges);
      return 1;
    }
    if (verdict.isMet) {
      io.out(successLine(challenges, verdict));
      return 0;
    }
    const said: string[] = [];
    const heard = { ...batch, io: { ...io, err: (line: string) => void (io.err(line), said.push(line)) } };
    await reportFailure(heard, verdict);
    if (cluster.config.gate.onFailure === 'abort') await abort(heard, { transport, challenges, said });
    return 1;
  } finally {
    clearInterval(watch);
    await transport.close();
  }
}

function successLine(challenges: readonly Challenge[], { targets, elapsedMs }: Verdict): string {
  const names = (reports: readonly TargetReport[]) =>
    reports.map(({ target }) => (target.kind === 'vip' ? `vip ${target.address}` : target.name)).join(', ');
  const what = challenges.length === 1 ? challenges[0]?.identifier : `${challenges.length} challenges`;
  const held = targets.filter(({ state }) => state === 'served');
  const missing = targets.filter(({ state }) => state !== 'served').map(lineOf);
  const without = missing.length === 0 ? '' : `; without ${missing.join('; ')}`;
  return `${what}: served by ${names(held)} after ${seconds(elapsedMs)}${without}`;
}

async function reportFailure({ cluster, io, onDamage }: Batch, verdict: Verdict): Promise<void> {
  const { gate, stateDir } = cluster.config;
  const counting = verdict.targets.filter(({ state }) => state !== 'drained');
  const held = counting.filter(({ state }) => state === 'served');
  const seen: Finding = {
    code: 'challenges-not-seen',
    seconds: gate.timeoutMs / 1000,
    served: held.length,
    targets: counting.length,
    require: gate.require,
  };
  io.err(lineOfFinding(seen));
  for (const report of verdict.targets) io.err(`  ${lineOf(report)}`);

  const blocking = counting.filter((report) => report.state !== 'served' && isRequired(report, gate.require));
  const identifiers = [...new Set(blocking.flatMap(({ missing }) => missing))];
  const { createGateFailures } = await import('../state/gate-failures.ts');
  for (const [name, times] of await createGateFailures(stateDir, onDamage).record(identifiers)) {
    print(io.err, { code: 'validation-limit-near', name, times });
  }
}

/** Takes the batch away again; what a peer keeps stays recorded for the next run. */
async function takeBack(
  { cluster, store, io }: Batch,
  transport: Transport,
  challenges: readonly Challenge[],
) {
  const tokens = challenges.map(({ token }) => token);
  const left = await cleanUpEverywhere(cluster, transport, tokens);
  reportLeftOver(left, io.err, '  ');
  if (left.length === 0) await store.forget(tokens);
}

interface Ending {
  readonly transport: Transport;
  readonly challenges: readonly Challenge[];
  /** what the hook has written to its stderr, and writes until it is over */
  readonly said: readonly string[];
}

/**
 * Ends the certbot that runs this hook, so that the CA is never asked. The batch is taken back
 * first: certbot's own clean-up does not know a challenge whose hook is still running. Nor does it
 * pass on what such a hook has said.
 */
async function abort(batch: Batch, { transport, challenges, said }: Ending): Promise<void> {
  const { run, io } = batch;
  await takeBack(batch, transport, challenges);
  if (run.process === null || !isRunning(run.process)) {
    io.err(lineOfFinding({ code: 'no-certbot-to-end' }));
    return;
  }
  const { pid } = run.process;
  io.err(lineOfFinding({ code: 'certbot-ended-by-hook', pid }));
  await writeToStderrOf(
    pid,
    said.map((line) => `certbot-ha: ${line}`),
  );
  process.kill(pid, 'SIGTERM');
}
