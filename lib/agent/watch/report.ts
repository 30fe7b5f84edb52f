import type { FastifyBaseLogger } from 'fastify';
import type { ClusterNode } from '../../cluster/config.ts';
import { logFinding } from '../log.ts';
import type { Sent } from './peer-loop.ts';

/** Writes to the journal what was sent to a peer, and once that it does not take it, until it does. */
export function reporter(
  { name: node }: ClusterNode,
  logger: Pick<FastifyBaseLogger, 'debug' | 'info' | 'warn' | 'error'>,
): (sent: Sent) => void {
  let isFailing = false;
  return ({ what, tokens, answer, ms }) => {
    const fields = { node, tokens, ms: Math.round(ms) };
    if (answer.isOk)
      logger.info(fields, what === 'presented' ? 'presented on a peer' : 'removed from a peer');
    else {
      const level = isFailing ? 'debug' : 'warn';
      logFinding(logger, level, { code: 'tokens-not-passed-on' }, { ...fields, reason: answer.reason });
    }
    isFailing = !answer.isOk;
  };
}
