import type { FastifyBaseLogger } from 'fastify';
import { hasErrorCode } from '../../base/errors.ts';
import type { ListenPlace } from '../../cluster/listen-place.ts';
import { logFinding } from '../log.ts';
import type { AdminApp } from './app.ts';

/**
 * Listens for this host. Where it cannot, the agent goes on without: challenges and lineages do not need it.
 * @returns whether it listens
 */
export async function listenAdmin(
  app: AdminApp,
  { host, port }: ListenPlace,
  logger: FastifyBaseLogger,
): Promise<boolean> {
  try {
    await app.listen({ host, port });
    return true;
  } catch (error) {
    if (!hasErrorCode(error, 'EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'ENOTFOUND', 'EAI_AGAIN')) throw error;
    logFinding(logger, 'warn', { code: 'admin-not-listening', address: host, port, error: error.code });
    return false;
  }
}
