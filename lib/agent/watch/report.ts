import { join } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import type { ClusterNode } from '../../cluster/config.ts';
import type { Events } from '../../state/events.ts';
import { logFinding } from '../log.ts';
import { createRate, EVENTS_OF_A_PEER } from '../limits.ts';
import type { Sent } from './peer-loop.ts';

/** Tells of files of other clients' tokens that the agent may not read. */
export function deniedReporter(
  directory: string,
  logger: Pick<FastifyBaseLogger, 'debug' | 'info' | 'warn' | 'error'>,
  events: Pick<Events, 'write'>,
): (token: string) => void {
  return (token) => {
    logFinding(logger, 'warn', { code: 'token-not-readable', file: join(directory, token) });
    void events.write({ event: 'challenge-presented', tokens: 1, outcome: 'token-not-readable' });
  };
}

/**
 * Writes to the journal what was sent to a peer, and once that it does not take it, until it does. As events as well, one a
 * request, to which there is a limit.
 */
export function reporter(
  { name: node }: ClusterNode,
  logger: Pick<FastifyBaseLogger, 'debug' | 'info' | 'warn' | 'error'>,
  events: Pick<Events, 'write'>,
): (sent: Sent) => void {
  let isFailing = false;
  const hasRoom = createRate(EVENTS_OF_A_PEER.atMost, EVENTS_OF_A_PEER.withinMs, () => performance.now());
  return ({ what, tokens, answer, ms }) => {
    const fields = { node, tokens, ms: Math.round(ms) };
    const isAgain = isFailing && !answer.isOk;
    if (answer.isOk)
      logger.info(fields, what === 'presented' ? 'presented on a peer' : 'removed from a peer');
    else {
      const level = isAgain ? 'debug' : 'warn';
      logFinding(logger, level, { code: 'tokens-not-passed-on' }, { ...fields, reason: answer.reason });
    }
    isFailing = !answer.isOk;
    if (isAgain || !hasRoom()) return;
    const outcome = answer.isOk ? 'ok' : answer.reason.code;
    void events.write({ event: `challenge-${what}`, peer: node, tokens: tokens.length, ms, outcome });
  };
}
