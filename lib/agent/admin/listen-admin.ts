import type { FastifyBaseLogger } from 'fastify';
import { isSystemError } from '../../base/expected.ts';
import { isLoopbackPlace } from '../../cluster/listen-place.ts';
import type { SocketPlace } from '../../net/listening-socket.ts';
import type { GivenSockets } from '../given-sockets.ts';
import { listenOn } from '../listen-on.ts';
import { logFinding } from '../log.ts';
import type { AdminApp } from './app.ts';

interface AdminListenOptions {
  readonly place: SocketPlace;
  readonly given: Pick<GivenSockets, 'take'>;
  readonly logger: FastifyBaseLogger;
}

/** Listens for this host. Where it cannot, the agent goes on without: challenges and lineages do not need it. */
export async function listenAdmin(
  app: AdminApp,
  { place: { address, port }, given, logger }: AdminListenOptions,
): Promise<void> {
  try {
    await listenOn(app, { address, port }, given);
    if (!isLoopbackPlace({ host: address, port }))
      logFinding(logger, 'warn', { code: 'admin-open', address, port });
  } catch (error) {
    if (!isSystemError(error)) throw error;
    logFinding(logger, 'warn', { code: 'admin-not-listening', address, port, error: error.code });
  }
}
