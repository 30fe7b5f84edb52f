import type { FastifyBaseLogger } from 'fastify';
import { expect, test } from 'vitest';
import type { Sent } from '../../../../lib/agent/watch/peer-loop.ts';
import { reporter } from '../../../../lib/agent/watch/report.ts';
import type { ClusterNode } from '../../../../lib/cluster/config.ts';
import type { NewEvent } from '../../../../lib/state/event.ts';

const silent = () => undefined;
const logger = { debug: silent, info: silent, warn: silent, error: silent } as unknown as FastifyBaseLogger;
const OK: Sent['answer'] = { isOk: true, body: null };
const LOST: Sent['answer'] = { isOk: false, reason: { code: 'agent-silent' }, isSilent: true };

function reporting() {
  const events: NewEvent[] = [];
  const write = async (...written: readonly NewEvent[]) => void events.push(...written);
  const onSent = reporter({ name: 'web2' } as ClusterNode, logger, { write });
  return { events, onSent };
}

test('each request to a peer is an event, and of one that fails again and again the first', () => {
  const { events, onSent } = reporting();
  const sent: Omit<Sent, 'answer'> = { what: 'presented', tokens: ['a', 'b'], ms: 5 };
  for (const answer of [LOST, LOST, LOST, OK]) onSent({ ...sent, answer });
  onSent({ ...sent, what: 'removed', answer: OK });
  const of = { peer: 'web2', tokens: 2, ms: 5 };
  expect(events).toEqual([
    { event: 'challenge-presented', ...of, outcome: 'agent-silent' },
    { event: 'challenge-presented', ...of, outcome: 'ok' },
    { event: 'challenge-removed', ...of, outcome: 'ok' },
  ]);
});

test('a token that changes without end is 60 events in ten minutes', () => {
  const { events, onSent } = reporting();
  for (let count = 0; count < 500; count += 1)
    onSent({ what: 'presented', tokens: ['a'], ms: 1, answer: OK });
  expect(events).toHaveLength(60);
});
