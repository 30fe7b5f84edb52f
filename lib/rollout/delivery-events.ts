import type { Cluster } from '../cluster/cluster.ts';
import type { NewEvent } from '../state/event.ts';
import type { DeletionEnding } from './deletion.ts';
import { hasTaken, type NodeEnding } from './roll-out.ts';

/** How peers have taken a lineage. Self has it: nothing is delivered there. */
export function deliveryEvents(
  lineage: string,
  endings: readonly Pick<NodeEnding, 'node' | 'state' | 'reason' | 'ms'>[],
  { self }: Pick<Cluster, 'self'>,
): readonly NewEvent[] {
  return endings
    .filter(({ node }) => node !== self)
    .map((ending) => {
      const outcome = hasTaken(ending) ? 'ok' : (ending.reason?.code ?? 'not-activated');
      return { event: 'delivery', lineage, peer: ending.node.name, ...took(ending), outcome };
    });
}

/** From which nodes a lineage was deleted. */
export function deletionEvents(
  lineage: string,
  endings: readonly Pick<DeletionEnding, 'node' | 'state' | 'findings' | 'ms'>[],
): readonly NewEvent[] {
  return endings.map(({ node, state, findings, ...ending }) => {
    const outcome = state === 'done' ? 'ok' : (findings[0]?.code ?? 'deletion-waits');
    return { event: 'deletion', lineage, peer: node.name, ...took(ending), outcome };
  });
}

function took({ ms }: Pick<NodeEnding, 'ms'>): Pick<NewEvent, 'ms'> {
  return ms === undefined ? {} : { ms };
}
