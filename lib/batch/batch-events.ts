import type { Challenge } from '../challenge/challenge.ts';
import { failure } from '../base/outcome.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { peersInService } from '../cluster/drained.ts';
import { gateEvents } from '../gate/gate-events.ts';
import type { Verdict } from '../gate/verdict.ts';
import type { NewEvent } from '../state/event.ts';
import type { Pushed } from './present.ts';
import type { LeftOver } from './clean-up.ts';

const NOT_ENDED = failure({ code: 'no-time-left' });

/** Whose challenges they are: of several, the first, and how many. */
export function challengesOf(challenges: readonly Pick<Challenge, 'identifier'>[]) {
  const [first] = challenges;
  return { ...(first && { identifier: first.identifier }), tokens: challenges.length };
}

/** Where the challenges were presented, and where they were seen. */
export function eventsOfVerdict(
  challenges: readonly Pick<Challenge, 'identifier'>[],
  verdict: Pick<Verdict, 'targets'>,
  pushes: ReadonlyMap<string, Pushed>,
): readonly NewEvent[] {
  const of = challengesOf(challenges);
  const presented = verdict.targets.flatMap(({ target: { node, isDrained } }): readonly NewEvent[] => {
    if (node === null || isDrained) return [];
    const { outcome = NOT_ENDED, ...took } = pushes.get(node.name) ?? {};
    const code = outcome.isOk ? 'ok' : outcome.reason.code;
    return [{ event: 'challenge-presented', ...of, peer: node.name, ...took, outcome: code }];
  });
  return [...presented, ...gateEvents('challenge-gate', verdict, of)];
}

/** From which nodes they were taken away. */
export function eventsOfCleanUp(
  {
    cluster,
    left,
    ms,
  }: { readonly cluster: Cluster; readonly left: readonly LeftOver[]; readonly ms: number },
  of: Pick<NewEvent, 'identifier' | 'tokens'>,
): readonly NewEvent[] {
  return [cluster.self, ...peersInService(cluster)].map(({ name }) => {
    const outcome = left.find(({ node }) => node === name)?.reason.code ?? 'ok';
    return { event: 'challenge-removed', ...of, peer: name, ms, outcome };
  });
}
