import type { NodeRow } from '../status/nodes.ts';
import type { Trouble } from '../status/troubles.ts';

/** Runs are five minutes apart, or a little more. Who has missed two does not look. */
const MAX_SECONDS = 900;

/**
 * The first node, in the order of the configuration, whose agent answers, that is not drained, and that sees the cluster: every node
 * comes to the same one, and to the next one when it is dead, or cannot look.
 */
export function tellerOf(nodes: readonly NodeRow[], self: string): string {
  const answering = nodes.filter(({ agent }) => agent === 'reachable');
  const serving = answering.filter(({ isDrained }) => !isDrained);
  const [first] = [...serving.filter((row) => doesLook(row, self)), ...serving, ...answering];
  return first?.node ?? self;
}

/** The nodes on which nobody looks, though their agents answer. */
export function notLooking(nodes: readonly NodeRow[], self: string): readonly Trouble[] {
  return nodes.flatMap((row): readonly Trouble[] => {
    const { node, address, agent, isDrained, lookedSecondsAgo: seconds = null } = row;
    if (agent === 'unreachable' || isDrained || doesLook(row, self)) return [];
    return [{ who: `${node} ${address}`, found: { code: 'notify-not-looking', seconds } }];
  });
}

/** Who looks now does so. An earlier version does not tell. */
function doesLook({ node, lookedSecondsAgo: seconds }: NodeRow, self: string): boolean {
  return node === self || seconds === undefined || (seconds !== null && seconds <= MAX_SECONDS);
}
