import type { AnyChallenge } from '../challenge/any-challenge.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { challengesOf } from './batch-events.ts';
import { gateEvents } from '../gate/gate-events.ts';
import { settledOf, type Verdict } from '../gate/verdict.ts';
import { eventsFor } from '../state/events-for.ts';

export interface Drilled {
  readonly challenges: readonly AnyChallenge[];
  readonly verdict: Verdict;
  /** somebody has ended it */
  readonly isInterrupted?: boolean;
}

/** Writes how a drill has ended, and what it has seen. */
export async function tellDrill(
  cluster: Cluster,
  program: 'drill' | 'doctor',
  { challenges, verdict, isInterrupted = false }: Drilled,
): Promise<void> {
  const outcome = isInterrupted ? 'drill-interrupted' : verdict.isMet ? 'ok' : 'drill-failed';
  const of = challengesOf(challenges);
  const seen = gateEvents('challenge-gate', isInterrupted ? settledOf(verdict) : verdict, of);
  await eventsFor(cluster, program).write(...seen, { event: 'drill', ...of, ms: verdict.elapsedMs, outcome });
}
