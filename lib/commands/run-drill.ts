import { randomBytes } from 'node:crypto';
import { createLogUpdate } from 'log-update';
import { findProcess } from '../system/processes.ts';
import { isIdentifier, type Challenge } from '../challenge/challenge.ts';
import { checkWebroot } from '../batch/check-webroot.ts';
import { cleanUpEverywhere, reportLeftOver } from '../batch/clean-up.ts';
import { tellDamage } from '../state/damage.ts';
import { createPendingStore } from '../state/pending.ts';
import { presentEverywhere } from '../batch/present.ts';
import { whoOf, type Target } from '../cluster/target.ts';
import { loadCluster } from '../cluster/load.ts';
import { CertbotHaError } from '../base/errors.ts';
import { isLeftOut, isUntold, lineOf, seconds, type TargetReport, type Verdict } from '../gate/verdict.ts';
import { whereNamesLead } from '../gate/where-names-lead.ts';
import { readLineageNames } from '../lineage/list.ts';
import { createTransport } from '../transports/create.ts';
import type { CommandIo } from '../base/io.ts';
import { verdictTable } from './verdict-table.ts';
import { lineOf as lineOfFinding } from '../findings/words.ts';

/** A name that nobody can own (RFC 2606) and that tells in any log what it was. */
const DRILL_NAME = 'certbot-ha-drill.invalid';

/** `certbot-ha drill`: the auth and clean-up path with made-up tokens. Resolves to 0 when the gate held. */
export async function runDrill(io: CommandIo, wanted: readonly string[]): Promise<0 | 1> {
  const wrong = wanted.find((name) => !isIdentifier(name));
  if (wrong !== undefined) {
    throw new CertbotHaError('usage', { code: 'not-a-name', command: 'drill', got: wrong });
  }
  const cluster = await loadCluster(io.env);
  const { config, self } = cluster;
  const transport = await createTransport(cluster);
  await checkWebroot(self);
  const challenges = (await namesFor(wanted, config.certificates.configDir)).map(makeUp);
  const tokens = challenges.map(({ token }) => token);

  // Recorded like certbot's, so that a drill that is killed leaves nothing that the next run does not clear.
  const store = createPendingStore(config.stateDir, tellDamage(io.err));
  const run = { id: `drill-${io.pid}`, process: findProcess(io.pid) };
  for (const challenge of challenges) await store.record(run, challenge);
  const signal = io.interruption();
  const screen = io.isTerminal ? createLogUpdate(process.stdout) : null;
  try {
    const onChange = screen
      ? (reports: readonly TargetReport[]) => screen(verdictTable(reports).join('\n'))
      : undefined;
    const leads = whereNamesLead(
      config,
      challenges.map(({ identifier }) => identifier),
      signal,
    );
    const verdict = await presentEverywhere(cluster, transport, challenges, {
      signal,
      ...(onChange && { onChange }),
    });
    show(io, signal.aborted ? seenBefore(verdict) : verdict, screen);
    for (const finding of await leads) io.out(lineOfFinding(finding));
    const isMet = verdict.isMet && !signal.aborted;
    io.out(conclusion(challenges, verdict, signal.aborted, config.gate.timeoutMs));
    return isMet ? 0 : 1;
  } finally {
    const leftOver = (await store.leftOver(run)).map(({ token }) => token);
    const all = [...tokens, ...leftOver];
    const left = await cleanUpEverywhere(cluster, transport, all);
    reportLeftOver(left, io.err);
    if (left.length === 0) await store.forget(all);
    await transport.close();
  }
}

async function namesFor(wanted: readonly string[], configDir: string): Promise<readonly string[]> {
  if (wanted.length > 0) return [...new Set(wanted)];
  const names = await readLineageNames(configDir);
  return names.length > 0 ? names : [DRILL_NAME];
}

function makeUp(identifier: string): Challenge {
  const token = randomBytes(32).toString('base64url');
  return { identifier, token, keyAuthorization: `${token}.${randomBytes(32).toString('base64url')}` };
}

/** Who interrupts has given no target its time: what was not told by then says nothing of it. */
function seenBefore(verdict: Verdict): Verdict {
  const targets = verdict.targets.map((report) =>
    isUntold(report) ? { ...report, state: 'waiting' as const, reason: null } : report,
  );
  return { ...verdict, targets };
}

function show(io: CommandIo, { targets }: Verdict, screen: ReturnType<typeof createLogUpdate> | null): void {
  if (screen) {
    screen(verdictTable(targets).join('\n'));
    screen.done();
  } else {
    for (const report of targets) if (report.state !== 'waiting') io.out(lineOf(report));
  }
}

/** What was seen, and no more: where the CA will ask is a matter of DNS and of the network before the nodes. */
function whoServes(targets: readonly TargetReport[]): string {
  const counting = targets.filter((report) => !isLeftOut(report));
  const served = counting.filter(({ state }) => state === 'served');
  if (served.length < counting.length) return `${served.length} of ${counting.length} nodes and VIPs serve`;
  const has = (kind: Target['kind']) => counting.some(({ target }) => target.kind === kind);
  if (!has('vip')) return 'every node serves';
  return has('node') ? 'every node and VIP serves' : 'every VIP serves';
}

function conclusion(
  challenges: readonly Challenge[],
  { isMet, targets, elapsedMs }: Verdict,
  isInterrupted: boolean,
  timeoutMs: number,
): string {
  const names = challenges.map(({ identifier }) => identifier);
  if (isInterrupted) return lineOfFinding({ code: 'drill-interrupted', seconds: seconds(elapsedMs) });
  if (isMet) return `drill passed in ${seconds(elapsedMs)}: ${whoServes(targets)} ${names.join(', ')}`;
  const failed = targets
    .filter((report) => report.state !== 'served' && !isLeftOut(report))
    .map(({ target }) => whoOf(target));
  return lineOfFinding({ code: 'drill-failed', seconds: timeoutMs / 1000, names, targets: failed });
}
