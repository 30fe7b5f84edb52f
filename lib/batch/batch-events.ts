import { isDns, type AnyChallenge } from '../challenge/any-challenge.ts';
import { failure } from '../base/outcome.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { peersInService } from '../cluster/drained.ts';
import { gateEvents } from '../gate/gate-events.ts';
import type { Verdict } from '../gate/verdict.ts';
import type { NewEvent } from '../state/event.ts';
import type { Pushed } from './present.ts';
import type { LeftOver } from './clean-up.ts';
import type { RecordLeft } from './withdraw-records.ts';

const NOT_ENDED = failure({ code: 'no-time-left' });

type OfBatch = Pick<NewEvent, 'identifier' | 'tokens' | 'challenge'>;

/** Whose challenges they are: of several, the first, and how many. DNS-01 is told where all are of that type. */
export function challengesOf(challenges: readonly AnyChallenge[]): OfBatch {
  const [first] = challenges;
  const isOfDns = challenges.length > 0 && challenges.every(isDns);
  return {
    ...(first && { identifier: first.identifier }),
    tokens: challenges.length,
    ...(isOfDns && { challenge: 'dns-01' as const }),
  };
}

/** Where the challenges were presented, and where they were seen. */
export function eventsOfVerdict(
  challenges: readonly AnyChallenge[],
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

/** Whether the records were published, and which name servers were seen to have them. */
export function eventsOfRecords(
  challenges: readonly AnyChallenge[],
  verdict: Pick<Verdict, 'targets'>,
  published: Pushed | undefined,
): readonly NewEvent[] {
  const of = challengesOf(challenges);
  const { outcome = NOT_ENDED, ...took } = published ?? {};
  const code = outcome.isOk ? 'ok' : outcome.reason.code;
  return [
    { event: 'challenge-presented', ...of, ...took, outcome: code },
    ...gateEvents('challenge-gate', verdict, of),
  ];
}

interface Ended<T> {
  readonly left: readonly T[];
  readonly ms: number;
}

/** From which nodes they were taken away. */
export function eventsOfCleanUp(
  { cluster, left, ms }: Ended<LeftOver> & { readonly cluster: Cluster },
  challenges: readonly AnyChallenge[],
): readonly NewEvent[] {
  const of = challengesOf(challenges);
  return [cluster.self, ...peersInService(cluster)].map(({ name }) => {
    const outcome = left.find(({ node }) => node === name)?.reason.code ?? 'ok';
    return { event: 'challenge-removed', ...of, peer: name, ms, outcome };
  });
}

/** Whether the records were taken away. */
export function eventsOfWithdrawal(
  { left: [first], ms }: Ended<RecordLeft>,
  challenges: readonly AnyChallenge[],
): readonly NewEvent[] {
  const outcome = first?.reason.code ?? 'ok';
  return [{ event: 'challenge-removed', ...challengesOf(challenges), ms, outcome }];
}
