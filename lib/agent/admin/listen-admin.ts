import type { FastifyBaseLogger } from 'fastify';
import { isSystemError } from '../../base/expected.ts';
import type { ListenPlace } from '../../cluster/listen-place.ts';
import type { GivenSockets } from '../given-sockets.ts';
import { listenOn } from '../listen-on.ts';
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
  { place: { host: address, port }, given, logger }: AdminListenOptions,
): Promise<boolean> {
  try {
    await listenOn(app, { address, port }, given);
    return true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    logFinding(logger, 'warn', { code: 'admin-not-listening', address, port, error: error.code });
    return false;
  }
}
