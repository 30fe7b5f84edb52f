import { basename, dirname } from 'node:path';
import { archiveOf } from '../certbot/config-dir.ts';
import { waitingFor } from '../base/waiting.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { whoOf, type Target } from '../cluster/target.ts';
import { holdCertificateGate } from '../gate/certificate-gate.ts';
import { detailOf, isSettled, isUntold, type TargetReport, type Verdict } from '../gate/verdict.ts';
import { isInstalled, type InstallResult } from '../state/results.ts';
import { isInterrupted, within } from '../system/deadline.ts';
import { LIMITS } from '../system/limits.ts';
import { timeLimit } from '../system/time-limit.ts';
import { writeCombined } from '../webserver/combined.ts';
import { isSaidOf } from '../webserver/said.ts';
import type { Activation } from './activation.ts';
import type { NodeEnding } from './roll-out.ts';
import { expectedFindings } from '../base/expected.ts';
import type { Finding } from '../findings/register.ts';
import { linesOfAll } from '../findings/several.ts';
import { lineOf } from '../findings/words.ts';

/** What says that the certificate, or the configuration with it, is no good; the rest is that node's own trouble. */
const STOPS: ReadonlySet<InstallResult['state']> = new Set(['refused', 'rolled back']);
const NOT_INSTALLED = {
  refused: 'installer-refused',
  'rolled back': 'installer-rolled-back',
  'not reloaded': 'installer-did-not-reload',
  failed: 'installer-failed',
} as const;

/** What a node has made of it: it is in use, perhaps with a doubt that only what it serves can end; or it is not. */
type Taken =
  { readonly isInUse: true; readonly doubt: Finding | null } | ({ readonly isInUse: false } & NotInUse);
type NotInUse = Pick<NodeEnding, 'state' | 'reason' | 'messages'>;

/**
 * Activates a node, self or a peer with the bundle staged, and looks until it serves it; resolves
 * whatever the node or the system makes of it. Self is reloaded drained or not, lest it come back with
 * the old certificate; only the gate leaves it out.
 */
export async function activate(node: ClusterNode, activation: Activation): Promise<NodeEnding> {
  const startedMs = performance.now();
  const ended = (ending: NodeEnding): NodeEnding => ({ ...ending, ms: performance.now() - startedMs });
  try {
    return ended(await waitingFor(whoOf(node), activation.io ?? {}, async () => await use(node, activation)));
  } catch (error) {
    return ended({ node, verdict: null, ...notInUse(ownTrouble(activation), expectedFindings(error)) });
  }
}

async function use(node: ClusterNode, activation: Activation): Promise<NodeEnding> {
  const taken =
    node === activation.cluster.self ? await useHere(activation) : await useThere(node, activation);
  if (!taken.isInUse) {
    const { state, reason, messages } = taken;
    return { node, state, verdict: null, reason, messages };
  }
  const verdict = await gate(activation.answersFor(node), activation);
  const ending = endingOf(node, verdict, isInterrupted(activation.signal));
  return taken.doubt === null ? ending : doubted(ending, taken.doubt);
}

/** Waits until all these targets serve it. Where it is interrupted, none of them has had its time. */
export async function gate(targets: readonly Target[], activation: Activation): Promise<Verdict> {
  const { cluster, lineage, names, services, usage, signal, gateTimeoutMs = Infinity } = activation;
  const timeoutMs = Math.min(cluster.config.gate.timeoutMs, gateTimeoutMs);
  const options = { targets, names, services, usage, timeoutMs, signal };
  const looking = async () => await holdCertificateGate(lineage, options);
  const verdict = await waitingFor(targets.map(whoOf).join(', '), activation.io ?? {}, looking);
  return isInterrupted(signal) ? cutOff(verdict) : verdict;
}

function cutOff(verdict: Verdict): Verdict {
  const targets = verdict.targets.map((report) =>
    isUntold(report) ? { ...report, reason: { code: 'answer-wait-interrupted' } as const } : report,
  );
  return { ...verdict, targets, isInterrupted: true };
}

/** What keeps a node from it and says nothing of the certificate stops no roll-out to others. */
function ownTrouble({ sending }: Activation): NotInUse['state'] {
  return sending ? 'outstanding' : 'refused';
}

/**
 * Self has the files already: its web server has to use them. Nothing goes back here, so nobody can see whether its test
 * failed before: it is the certificate's fault where its words name the lineage's files.
 */
async function useHere(activation: Activation): Promise<Taken> {
  const { webServer, lineage, signal } = activation;
  await writeCombined(webServer, lineage.directory);
  const tested = await webServer.test(timeLimit(LIMITS.testMs, signal));
  // A test that was cut off tells nothing of the certificate. A reload comes to its end.
  if (signal.aborted && !tested.isOk) return { isInUse: false, ...notInUse('outstanding', [tested.reason]) };
  const outcome = tested.isOk ? await webServer.reload() : tested;
  // Without the VIP it may not even read its configuration; its holder, where it runs, is tested as well.
  if (outcome.isOk || (await webServer.isStandby())) return { isInUse: true, doubt: null };
  const { directory } = lineage;
  const archive = archiveOf(dirname(dirname(directory)), basename(directory));
  const isBlamed = isSaidOf(outcome.reason, [directory, archive]);
  const state = isBlamed ? 'refused' : ownTrouble(activation);
  return { isInUse: false, ...notInUse(state, [outcome.reason]) };
}

/** A peer's installer puts the files in place, and has the web server use them. */
async function useThere(peer: ClusterNode, { sending, signal }: Activation): Promise<Taken> {
  if (sending === null) throw new Error('a roll-out over self has come to a peer');
  const { bundle, stamp, delivery } = sending;
  const { sha256 } = bundle.manifest.leaf;
  const told = await delivery.activate(peer, { id: sha256, stamp }, within(signal, LIMITS.sendMs));
  if (!told.isOk) return { isInUse: false, ...notInUse('outstanding', [told.reason]) };
  const result = await delivery.result(peer, sha256, within(signal, LIMITS.resultMs));
  // Whatever could be read of it then, such as that nobody has taken it yet.
  if (isInterrupted(signal) && (result === null || !isInstalled(result.state)))
    return { isInUse: false, ...notInUse('outstanding', [{ code: 'answer-wait-interrupted' }]) };
  if (result === null) return { isInUse: false, ...notInUse('outstanding', [{ code: 'installer-silent' }]) };
  if (result.state === 'unknown') return { isInUse: true, doubt: result.reason };
  const { state, findings } = result;
  if (isInstalled(state)) return { isInUse: true, doubt: null };
  const ending = notInUse(STOPS.has(state) ? 'refused' : 'outstanding', [
    { code: NOT_INSTALLED[state] },
    ...findings,
  ]);
  // What is kept and shown alone is why, where the installer has said why.
  const why = findings.find(({ code }) => code !== 'more-findings');
  return { isInUse: false, ...ending, reason: why ?? ending.reason };
}

function notInUse(
  state: NodeEnding['state'],
  findings: readonly [Finding, ...(readonly Finding[])],
): NotInUse {
  return { state, reason: findings[0], messages: linesOfAll(findings) };
}

/** Activated, it answers, and not with the new certificate: as good as a failed test, and the transport may not be able to tell. */
function endingOf(node: ClusterNode, verdict: Verdict, isCutOff: boolean): NodeEnding {
  const own = reportFor(node, verdict);
  if (own === undefined) return { node, state: 'served', verdict, reason: null, messages: [] };
  const ending = { node, verdict, messages: [detailOf(own)] };
  const reason = own.reason ?? { code: 'no-time-left' };
  switch (own.state) {
    case 'served':
    case 'drained':
      return { ...ending, state: 'served', reason: null };
    case 'unused':
    case 'unprobed':
      return { ...ending, state: own.state, reason: null };
    case 'stale':
      // A moment after its reload it may still answer with the one before.
      return { ...ending, state: isCutOff ? 'outstanding' : 'refused', reason };
    case 'waiting':
    case 'failing':
    case 'silent':
      return { ...ending, state: 'outstanding', reason };
  }
}

/** A node's own; where that is not looked at, of the VIPs that it alone holds the one that tells most. */
function reportFor(node: ClusterNode, { targets }: Verdict): TargetReport | undefined {
  const own = targets.find(({ target }) => target.node === node);
  if (own?.state !== 'unprobed') return own;
  const vips = targets.filter(({ target, state }) => target.node === null && state !== 'unprobed');
  return vips.find((report) => !isSettled(report)) ?? vips[0] ?? own;
}

/** Seen served, no more need be known. A first generation that nothing is configured for is not seen, so nobody knows that it was installed. */
function doubted(ending: NodeEnding, doubt: Finding): NodeEnding {
  const { state, messages } = ending;
  if (state === 'served') return ending;
  const reason: Finding = { code: 'installation-unconfirmed' };
  const lines = [lineOf(reason), ...linesOfAll([doubt])];
  return state === 'unused' || state === 'unprobed'
    ? { ...ending, state: 'outstanding', reason, messages: [...lines, ...messages] }
    : { ...ending, messages: [...messages, ...lines] };
}
