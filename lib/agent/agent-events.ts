import type { FastifyBaseLogger } from 'fastify';
import type { Cluster } from '../cluster/cluster.ts';
import { createEvents, type Events } from '../state/events.ts';
import type { Turn } from '../system/in-turn.ts';
import type { AgentCounts } from './counts.ts';
import { logFinding } from './log.ts';

interface AgentEventsOptions {
  readonly counts: Pick<AgentCounts, 'eventsLost'>;
  readonly turn: Turn;
  readonly logger: FastifyBaseLogger;
}

/** The events of the agent, which counts those that it cannot write. */
export function agentEvents(
  { config, self }: Pick<Cluster, 'config' | 'self'>,
  { counts, turn, logger }: AgentEventsOptions,
): Events {
  return createEvents(config.stateDir, {
    node: self.name,
    program: 'agent',
    turn,
    onFull: (file) => logFinding(logger, 'warn', { code: 'events-full', file }),
    onLost: (count) => {
      counts.eventsLost += count;
    },
  });
}
