import type { FastifyBaseLogger } from 'fastify';
import { isSystemError } from '../../base/expected.ts';
import type { ListenPlace } from '../../cluster/listen-place.ts';
import type { GivenSockets } from '../given-sockets.ts';
import { logFinding } from '../log.ts';
import type { AdminApp } from './app.ts';

interface AdminListenOptions {
  readonly place: ListenPlace;
  readonly given: Pick<GivenSockets, 'take'>;
  readonly logger: FastifyBaseLogger;
}

/**
 * Listens for this host. Where it cannot, the agent goes on without: challenges and lineages do not need it.
 * @returns whether it listens
 */
export async function listenAdmin(
  app: AdminApp,
  { place: { host, port }, given, logger }: AdminListenOptions,
): Promise<boolean> {
  const fd = given.take({ address: host, port });
  try {
    await app.listen({ host: fd === null ? host : '127.0.0.1', ...(fd === null ? { port } : { fd }) });
    return true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    logFinding(logger, 'warn', { code: 'admin-not-listening', address: host, port, error: error.code });
    return false;
  }
}
