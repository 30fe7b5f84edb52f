import type { ClusterNode } from '../config/config.ts';
import type { Deliverer } from './deliverer.ts';
import type { NodeEnding } from './roll-out.ts';

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
