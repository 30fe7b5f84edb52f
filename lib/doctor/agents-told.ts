import type { Answer, ChannelClient } from '../channel/client.ts';
import type { NodeStatus } from '../channel/protocol.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { statusOf } from '../peers/survey.ts';
import { within } from '../system/deadline.ts';

/** What a node's agent has answered. */
export interface Told {
  readonly node: ClusterNode;
  readonly isSelf: boolean;
  readonly answer: Answer<NodeStatus>;
  /** how far its clock is ahead of this node's, and by how much that may be wrong; null where it does not tell */
  readonly clock: { readonly aheadMs: number; readonly unsureMs: number } | null;
}

const ASK_TIMEOUT_MS = 6_000;

/** Asks every agent what it says of itself, this node's too, in the order of the configuration. */
export async function askAgents(
  { config, self }: Cluster,
  client: ChannelClient,
  interruption: AbortSignal,
): Promise<readonly Told[]> {
  const signal = within(interruption, ASK_TIMEOUT_MS);
  return await Promise.all(
    config.nodes.map(async (node): Promise<Told> => {
      const first = await statusOf(node, client, signal);
      if (!first.isOk) return { node, isSelf: node === self, answer: first, clock: null };
      // The first includes the handshake: the second tells more exactly when the clock was read.
      const askedMs = Date.now();
      const answer = await statusOf(node, client, signal);
      const answeredMs = Date.now();
      const toldMs = answer.isOk ? Date.parse(answer.body.time ?? '') : Number.NaN;
      const unsureMs = (answeredMs - askedMs) / 2;
      const clock = Number.isNaN(toldMs) ? null : { aheadMs: toldMs - askedMs - unsureMs, unsureMs };
      return { node, isSelf: node === self, answer, clock };
    }),
  );
}
