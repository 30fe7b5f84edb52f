import type { Unknown } from '../state/results.ts';
import type { Bundle } from '../lineage/bundle.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { holdCertificateGate } from '../gate/certificate-gate.ts';
import { targetsOf, type Target } from '../cluster/target.ts';
import { lineOf, type Verdict } from '../gate/verdict.ts';
import { writeCombined } from '../webserver/combined.ts';
import { isInstalled, type InstallResult } from '../state/results.ts';
import type { Lineage } from '../lineage/lineage.ts';
import { namesOf } from '../lineage/names.ts';
import type { Outcome } from '../base/outcome.ts';
import { within } from '../system/deadline.ts';
import { testAndReload, type WebServer } from '../webserver/web-server.ts';
import type { Delivery } from '../transports/delivery.ts';
import type { NodeEnding } from './roll-out.ts';
import { servedCertificate, wantedOf, type ServedCertificate } from '../gate/served-certificate.ts';

export interface DelivererOptions {
  readonly cluster: Cluster;
  readonly bundle: Bundle;
  readonly lineage: Lineage;
  readonly delivery: Delivery;
  /** self's */
  readonly webServer: WebServer;
  readonly signal: AbortSignal;
  /** milliseconds for a gate; default gate.timeout */
  readonly gateTimeoutMs?: number;
}

/** Brings one generation of one lineage to nodes, and sees whether it is served. */
export interface Deliverer {
  stage(peer: ClusterNode): Promise<Outcome>;
  /** Activates a node, self or a peer with the bundle staged, and gates it. */
  activate(node: ClusterNode): Promise<NodeEnding>;
  /** Looks at all these targets until they serve it. */
  gate(targets: readonly Target[]): Promise<Verdict>;
  /** Looks once at what is served there. */
  look(target: Target): Promise<ServedCertificate>;
}

const STAGE_TIMEOUT_MS = 20_000;
const LOOK_TIMEOUT_MS = 10_000;
/** An installer waits for its web server's test and reload, a minute each at the most. */
const RESULT_TIMEOUT_MS = 130_000;

/** What says that the certificate, or the configuration with it, is no good; the rest is that node's own trouble. */
const STOPS: ReadonlySet<InstallResult['state']> = new Set(['refused', 'rolled back']);
const NO_RESULT = 'its installer has not answered: is certbot-ha-installer.path active there?';

export function createDeliverer(options: DelivererOptions): Deliverer {
  const { cluster, bundle, lineage, delivery, webServer, signal } = options;
  const { config, self } = cluster;
  const { leaf } = bundle.manifest;

  async function gate(targets: readonly Target[]): Promise<Verdict> {
    return await holdCertificateGate(lineage, {
      targets,
      names: namesOf(lineage.leaf),
      timeoutMs: Math.min(config.gate.timeoutMs, options.gateTimeoutMs ?? Infinity),
      signal,
    });
  }

  async function activateSelf(): Promise<InstallResult['messages'] | null> {
    await writeCombined(webServer, lineage.directory);
    const outcome = await testAndReload(webServer);
    return outcome.isOk ? null : outcome.reason.split('\n');
  }

  async function activate(node: ClusterNode): Promise<NodeEnding> {
    let unknown: Unknown | null = null;
    if (node === self) {
      const trouble = await activateSelf();
      if (trouble !== null) return { node, state: 'refused', messages: trouble };
    } else {
      const sent = await delivery.activate(node, leaf.sha256, within(signal, STAGE_TIMEOUT_MS));
      if (!sent.isOk) return { node, state: 'owed', messages: [sent.reason] };
      const result = await delivery.result(node, leaf.sha256, within(signal, RESULT_TIMEOUT_MS));
      if (result === null) return { node, state: 'owed', messages: [NO_RESULT] };
      if (result.state === 'unknown') unknown = result;
      else if (!isInstalled(result.state)) {
        return {
          node,
          state: STOPS.has(result.state) ? 'refused' : 'owed',
          messages: [`its installer: ${result.state}`, ...result.messages],
        };
      }
    }
    const target = targetsOf(cluster).find((candidate) => candidate.node === node);
    const ending: NodeEnding = target
      ? endingOf(node, await gate([target]))
      : { node, state: 'served', messages: [] };
    return unknown ? unconfirmed(ending, unknown) : ending;
  }

  return {
    stage: async (peer) => await delivery.stage(peer, bundle, within(signal, STAGE_TIMEOUT_MS)),
    activate,
    gate,
    look: async (target) =>
      await servedCertificate(target, wantedOf(lineage.leaf), within(signal, LOOK_TIMEOUT_MS)),
  };
}

/** Activated, it answers, and not with the new certificate: as good as a failed test, and the transport may not be able to tell. */
function endingOf(node: ClusterNode, { isMet, targets }: Verdict): NodeEnding {
  const [report] = targets;
  if (report === undefined) return { node, state: 'served', messages: [] };
  const messages = [lineOf(report)];
  if (isMet) return { node, state: report.state === 'unused' ? 'unused' : 'served', messages };
  return { node, state: report.state === 'stale' ? 'refused' : 'owed', messages };
}

/** Seen served, no more need be known. A first generation that nothing is configured for is not seen, so nobody knows that it was installed. */
function unconfirmed({ node, state, messages }: NodeEnding, { reason }: Unknown): NodeEnding {
  if (state === 'served') return { node, state, messages };
  const words = `staged and activated, but its installer's answer cannot be read: ${reason}`;
  return state === 'unused'
    ? { node, state: 'owed', messages: [words, ...messages] }
    : { node, state, messages: [...messages, words] };
}

/** To whom a bundle could be brought. */
export interface Staging {
  /** self among them, which has it already; in the order given */
  readonly staged: readonly ClusterNode[];
  readonly failed: readonly NodeEnding[];
}

/** Stages on all these nodes side by side. */
export async function stageAll(
  deliverer: Pick<Deliverer, 'stage'>,
  nodes: readonly ClusterNode[],
  self: ClusterNode,
): Promise<Staging> {
  const outcomes = await Promise.all(
    nodes.map(async (node) => ({ node, outcome: node === self ? null : await deliverer.stage(node) })),
  );
  const staged = outcomes.filter(({ outcome }) => outcome === null || outcome.isOk).map(({ node }) => node);
  const failed = outcomes.flatMap(({ node, outcome }): NodeEnding[] =>
    outcome === null || outcome.isOk ? [] : [{ node, state: 'owed', messages: [outcome.reason] }],
  );
  return { staged, failed };
}
