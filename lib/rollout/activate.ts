import type { ClusterNode } from '../cluster/config.ts';
import type { Target } from '../cluster/target.ts';
import { holdCertificateGate } from '../gate/certificate-gate.ts';
import { detailOf, type Verdict } from '../gate/verdict.ts';
import { isInstalled, type InstallResult } from '../state/results.ts';
import { within } from '../system/deadline.ts';
import { writeCombined } from '../webserver/combined.ts';
import { testAndReload } from '../webserver/web-server.ts';
import type { Activation } from './activation.ts';
import type { NodeEnding } from './roll-out.ts';
import { lineOf, linesOf } from '../base/reason.ts';

/** For the peer to be told. */
const ACTIVATE_TIMEOUT_MS = 20_000;
/** An installer waits for its web server's test and reload, a minute each at the most. */
const RESULT_TIMEOUT_MS = 130_000;

/** What says that the certificate, or the configuration with it, is no good; the rest is that node's own trouble. */
const STOPS: ReadonlySet<InstallResult['state']> = new Set(['refused', 'rolled back']);
const NO_RESULT = 'its installer has not answered: is certbot-ha-installer.path active there?';

/** What a node has made of it: it is in use, perhaps with a doubt that only what it serves can end; or it is not. */
type Taken =
  | { readonly isInUse: true; readonly doubt: string | null }
  | ({ readonly isInUse: false } & Pick<NodeEnding, 'state' | 'messages'>);

/**
 * Activates a node, self or a peer with the bundle staged, and looks until it serves it; resolves
 * whatever happens. Self is reloaded drained or not, lest it come back with the old certificate;
 * only the gate leaves it out.
 */
export async function activate(node: ClusterNode, activation: Activation): Promise<NodeEnding> {
  const taken =
    node === activation.cluster.self ? await useHere(activation) : await useThere(node, activation);
  if (!taken.isInUse) return { node, state: taken.state, verdict: null, messages: taken.messages };
  const ending = endingOf(node, await gate(activation.answersFor(node), activation));
  return taken.doubt === null ? ending : doubted(ending, taken.doubt);
}

/** Waits until all these targets serve it. */
export async function gate(targets: readonly Target[], activation: Activation): Promise<Verdict> {
  const { cluster, lineage, names, signal, gateTimeoutMs = Infinity } = activation;
  return await holdCertificateGate(lineage, {
    targets,
    names,
    timeoutMs: Math.min(cluster.config.gate.timeoutMs, gateTimeoutMs),
    signal,
  });
}

/** Self has the files already: its web server has to use them. */
async function useHere({ webServer, lineage }: Activation): Promise<Taken> {
  await writeCombined(webServer, lineage.directory);
  const outcome = await testAndReload(webServer);
  return outcome.isOk
    ? { isInUse: true, doubt: null }
    : { isInUse: false, state: 'refused', messages: linesOf(outcome.reason) };
}

/** A peer's installer puts the files in place, and has the web server use them. */
async function useThere(peer: ClusterNode, { sending, signal }: Activation): Promise<Taken> {
  if (sending === null) throw new Error('a roll-out over self has come to a peer');
  const { bundle, delivery } = sending;
  const { sha256 } = bundle.manifest.leaf;
  const told = await delivery.activate(peer, sha256, within(signal, ACTIVATE_TIMEOUT_MS));
  if (!told.isOk) return { isInUse: false, state: 'outstanding', messages: linesOf(told.reason) };
  const result = await delivery.result(peer, sha256, within(signal, RESULT_TIMEOUT_MS));
  if (result === null) return { isInUse: false, state: 'outstanding', messages: [NO_RESULT] };
  if (result.state === 'unknown') return { isInUse: true, doubt: lineOf(result.reason) };
  if (isInstalled(result.state)) return { isInUse: true, doubt: null };
  return {
    isInUse: false,
    state: STOPS.has(result.state) ? 'refused' : 'outstanding',
    messages: [`its installer: ${result.state}`, ...result.messages],
  };
}

/** Activated, it answers, and not with the new certificate: as good as a failed test, and the transport may not be able to tell. */
function endingOf(node: ClusterNode, verdict: Verdict): NodeEnding {
  const own = verdict.targets.find(({ target }) => target.node === node);
  if (own === undefined) return { node, state: 'served', verdict, messages: [] };
  const messages = [detailOf(own)];
  switch (own.state) {
    case 'served':
    case 'drained':
      return { node, state: 'served', verdict, messages };
    case 'unused':
      return { node, state: 'unused', verdict, messages };
    case 'stale':
      return { node, state: 'refused', verdict, messages };
    case 'waiting':
    case 'failing':
    case 'silent':
      return { node, state: 'outstanding', verdict, messages };
  }
}

/** Seen served, no more need be known. A first generation that nothing is configured for is not seen, so nobody knows that it was installed. */
function doubted(ending: NodeEnding, doubt: string): NodeEnding {
  const { state, messages } = ending;
  if (state === 'served') return ending;
  const words = `staged and activated, but its installer's answer cannot be read: ${doubt}`;
  return state === 'unused'
    ? { ...ending, state: 'outstanding', messages: [words, ...messages] }
    : { ...ending, messages: [...messages, words] };
}
