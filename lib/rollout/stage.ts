import { attempted } from '../base/expected.ts';
import type { HookIo } from '../base/io.ts';
import { waitingFor } from '../base/waiting.ts';
import type { Outcome } from '../base/outcome.ts';
import type { Finding } from '../findings/register.ts';
import { indentedLinesOf } from '../findings/words.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { whoOf } from '../cluster/target.ts';
import type { Bundle } from '../lineage/bundle.ts';
import { isMute } from '../net/network-error.ts';
import { within } from '../system/deadline.ts';
import { LIMITS } from '../system/limits.ts';
import type { Delivery } from '../transports/delivery.ts';
import type { NodeEnding } from './roll-out.ts';

/** How a bundle gets to the peers. */
export interface Sending {
  readonly bundle: Bundle;
  readonly stamp: string | null;
  readonly delivery: Delivery;
}

/** To whom a bundle could be brought. */
export interface Staging {
  /** self among them, which has it already; in the order given */
  readonly staged: readonly ClusterNode[];
  readonly failed: readonly NodeEnding[];
}

interface StageOptions {
  readonly self: ClusterNode;
  readonly signal: AbortSignal;
  readonly io: Pick<HookIo, 'progress'>;
}

/** Stages on all these nodes side by side. */
export async function stageAll(
  nodes: readonly ClusterNode[],
  { bundle, delivery }: Pick<Sending, 'bundle' | 'delivery'>,
  { self, signal, io }: StageOptions,
): Promise<Staging> {
  const stage = async (node: ClusterNode): Promise<Outcome | null> => {
    if (node === self) return null;
    const send = async () => await delivery.stage(node, bundle, within(signal, LIMITS.sendMs));
    return await waitingFor(whoOf(node), io, async () => await attempted(send));
  };
  const startedMs = performance.now();
  const tried = async (node: ClusterNode) => ({
    node,
    outcome: await stage(node),
    ms: performance.now() - startedMs,
  });
  const outcomes = await Promise.all(nodes.map(tried));
  const staged = outcomes.filter(({ outcome }) => outcome === null || outcome.isOk).map(({ node }) => node);
  const failed = outcomes.flatMap(({ node, outcome, ms }): NodeEnding[] =>
    outcome === null || outcome.isOk ? [] : [{ ...failedAt(node, outcome.reason), ms }],
  );
  return { staged, failed };
}

/** Of whose agent nothing at all has come: asked again, each would take the same time. Of who is silent to ssh, the agent may answer. */
export function silentAgentsOf(
  failed: readonly Pick<NodeEnding, 'node' | 'reason'>[],
): ReadonlyMap<ClusterNode, Finding> {
  return new Map(
    failed.flatMap(({ node, reason }) =>
      reason !== null && isSilentAgent(reason) ? [[node, reason] as const] : [],
    ),
  );
}

function isSilentAgent(reason: Finding): boolean {
  return 'who' in reason && reason.who === 'agent' && isMute(reason.code);
}

function failedAt(node: ClusterNode, reason: Finding): NodeEnding {
  return { node, state: 'outstanding', verdict: null, reason, messages: indentedLinesOf(reason) };
}
