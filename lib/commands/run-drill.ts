import { createLogUpdate } from 'log-update';
import { isHttp, type AnyChallenge, type ChallengeType } from '../challenge/any-challenge.ts';
import { isIdentifier } from '../challenge/challenge.ts';
import { tellDrill } from '../batch/drill-event.ts';
import { rehearse, rehearsed } from '../batch/rehearse.ts';
import type { Finding } from '../findings/register.ts';
import { whoOf, type Target } from '../cluster/target.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Config } from '../cluster/config.ts';
import { loadCluster } from '../cluster/load.ts';
import { CertbotHaError } from '../base/errors.ts';
import {
  isLeftOut,
  isSettled,
  isUntold,
  lineOf,
  seconds as shownSeconds,
  waitedSeconds,
  type TargetReport,
  type Verdict,
} from '../gate/verdict.ts';
import { whereNamesLead } from '../gate/where-names-lead.ts';
import { readLineageNames } from '../lineage/list.ts';
import type { CommandIo } from '../base/io.ts';
import { waitingFor } from '../base/waiting.ts';
import { howShared } from './how-shared.ts';
import { timeoutOf } from './seconds.ts';
import { verdictTable } from './verdict-table.ts';
import { lineOf as lineOfFinding } from '../findings/words.ts';
import { anyOf } from '../system/deadline.ts';

interface DrillOptions {
  /** seconds for the gate, as they were typed; default: those of the configuration */
  readonly timeout?: string | undefined;
  /** all names by DNS-01; default: wildcards, and the names of lineages that are proved so */
  readonly isByDns?: boolean;
  /** where what is wrong is written, and nothing else is told; default: where the rest is */
  readonly bad?: CommandIo['out'] | undefined;
  /** milliseconds after which it is told, once, what is waited for; default 2 000 */
  readonly longMs?: number;
}

/** Less than this needs no word. */
const LONG_MS = 2_000;

/** `certbot-ha drill`: the auth and clean-up path with made-up tokens. Resolves to 0 when the gate held. */
export async function runDrill(
  io: CommandIo,
  wanted: readonly string[],
  { timeout, isByDns = false, bad = io.out, longMs = LONG_MS }: DrillOptions = {},
): Promise<0 | 1> {
  const seconds = timeoutOf(timeout, 'drill');
  const wrong = wanted.find((name) => !isIdentifier(name.replace(/^\*\./, '')));
  if (wrong !== undefined) {
    throw new CertbotHaError('usage', { code: 'not-a-name', command: 'drill', got: wrong });
  }
  const cluster = within(await loadCluster(io.env), seconds);
  const { config } = cluster;
  const challenges = await challengesOf([...new Set(wanted)], isByDns, config);
  const names = [...new Set(challenges.map(({ identifier }) => identifier))];
  const byHttp = challenges.filter(isHttp).map(({ identifier }) => identifier);
  const screen = io.isTerminal ? createLogUpdate(process.stdout) : null;
  // Where the table is drawn, that is what is seen.
  const over = screen === null ? undefined : io.progress?.pause();
  let waiting = 'the nodes';
  const onChange = (reports: readonly TargetReport[]) => {
    waiting = waitedFor(reports);
    screen?.(verdictTable(reports).join('\n'));
  };
  let leads: Promise<readonly Finding[]> = Promise.resolve([]);
  let shared: Promise<readonly string[]> = Promise.resolve([]);
  const sharing = new AbortController();
  const begin = () => {
    const signal = io.interruption();
    const either = anyOf(signal, sharing.signal);
    leads = whereNamesLead(config, byHttp, signal);
    if (byHttp.length > 0)
      shared = howShared(cluster, { pid: io.pid, identifier: byHttp[0], signal: either });
    return signal;
  };
  const rehearsal = { pid: io.pid, env: io.env, err: io.err, begin, onChange };
  const tell = async (verdict: Verdict, signal: AbortSignal) => {
    show({ ...io, bad }, signal.aborted ? seenBefore(verdict) : verdict, screen);
    over?.();
    for (const finding of await leads) bad(lineOfFinding(finding));
    // What has failed has failed without it.
    if (!verdict.isMet || signal.aborted) sharing.abort();
    for (const line of await shared) bad(line);
    const isPassed = verdict.isMet && !signal.aborted;
    await tellDrill(cluster, 'drill', { challenges, verdict, isInterrupted: signal.aborted });
    (isPassed ? io.out : bad)(conclusion(names, verdict, signal.aborted, config.gate.timeoutMs));
    return isPassed ? 0 : 1;
  };
  const drilling = async () =>
    await rehearse(cluster, challenges, rehearsal, tell).finally(() => sharing.abort());
  // On a terminal it is seen.
  const isTold = screen !== null || io.progress !== undefined || bad !== io.out;
  const lasting = () => io.err(`drill: waiting for ${waiting}, ${config.gate.timeoutMs / 1000} s in all`);
  const timer = isTold ? undefined : setTimeout(lasting, longMs);
  return await waitingFor(() => waiting, io, drilling).finally(() => {
    clearTimeout(timer);
    over?.();
  });
}

/** What is rehearsed for these names or, where there are none, for those of all lineages, each as it is proved. */
async function challengesOf(
  wanted: readonly string[],
  isByDns: boolean,
  { certificates: { configDir }, dns, file }: Config,
): Promise<readonly AnyChallenge[]> {
  const isOfDns = (name: string) => isByDns || name.startsWith('*.');
  const own = async (type: ChallengeType) =>
    wanted.length > 0
      ? wanted.filter((name) => isOfDns(name) === (type === 'dns-01'))
      : await readLineageNames(configDir, type);
  const [http, byDns] = [isByDns ? [] : await own('http-01'), await own('dns-01')];
  if (dns === null && byDns.length > 0)
    throw new CertbotHaError('config', { code: 'dns-not-configured', file });
  if (byDns.length === 0 && isByDns) {
    const hint = 'no lineage is proved by DNS-01 here: certbot-ha drill --dns example.com';
    throw new CertbotHaError('usage', { code: 'not-a-name', command: 'drill', got: '' }, { hint });
  }
  return [
    ...(http.length > 0 || byDns.length === 0 ? rehearsed(http) : []),
    ...(byDns.length > 0 ? rehearsed(byDns, 'dns-01') : []),
  ];
}

/** This node, whose gate has so many seconds. */
function within(cluster: Cluster, seconds: number | undefined): Cluster {
  if (seconds === undefined) return cluster;
  const gate = { ...cluster.config.gate, timeoutMs: seconds * 1000 };
  return { ...cluster, config: { ...cluster.config, gate } };
}

/** Those that have not ended; when all have, what is left is to take everything away again. */
function waitedFor(reports: readonly TargetReport[]): string {
  const left = reports.filter((report) => !isSettled(report)).map(({ target }) => whoOf(target));
  return left.length > 0 ? left.join(', ') : 'the nodes to forget it';
}

/** Who interrupts has given no target its time: what was not told by then says nothing of it. */
function seenBefore(verdict: Verdict): Verdict {
  const targets = verdict.targets.map((report) =>
    isUntold(report) ? { ...report, state: 'waiting' as const, reason: null } : report,
  );
  return { ...verdict, targets };
}

function show(
  { out, bad }: Pick<CommandIo, 'out'> & { readonly bad: CommandIo['out'] },
  { targets }: Verdict,
  screen: ReturnType<typeof createLogUpdate> | null,
): void {
  if (screen) {
    screen(verdictTable(targets).join('\n'));
    screen.done();
  } else {
    for (const report of targets.filter(({ state }) => state !== 'waiting'))
      (isSettled(report) ? out : bad)(lineOf(report));
  }
}

/** What was seen, and no more: where the CA will ask is a matter of DNS and of the network before the nodes. */
function whoServes(targets: readonly TargetReport[]): string {
  const counting = targets.filter((report) => !isLeftOut(report));
  const served = counting.filter(({ state }) => state === 'served');
  const has = (kind: Target['kind']) => counting.some(({ target }) => target.kind === kind);
  const all = [has('node') && 'node', has('vip') && 'VIP', has('name-server') && 'name server'].filter(
    Boolean,
  );
  if (served.length < counting.length)
    return `${served.length} of ${counting.length} ${has('name-server') ? 'targets' : 'nodes and VIPs'} serve`;
  return `every ${all.join(' and ')} serves`;
}

function conclusion(
  names: readonly string[],
  verdict: Verdict,
  isInterrupted: boolean,
  timeoutMs: number,
): string {
  const { isMet, targets, elapsedMs } = verdict;
  if (isInterrupted) return lineOfFinding({ code: 'drill-interrupted', seconds: shownSeconds(elapsedMs) });
  if (isMet) return `drill passed in ${shownSeconds(elapsedMs)}: ${whoServes(targets)} ${names.join(', ')}`;
  const failed = targets
    .filter((report) => report.state !== 'served' && !isLeftOut(report))
    .map(({ target }) => whoOf(target));
  const waited = waitedSeconds(verdict, timeoutMs);
  return lineOfFinding({ code: 'drill-failed', seconds: waited, names, targets: failed });
}
