import { CertbotHaError } from '../base/errors.ts';
import { isSystemError } from '../base/expected.ts';
import type { SocketPlace } from '../net/listening-socket.ts';
import type { AgentApp } from './app.ts';
import type { GivenSockets } from './given-sockets.ts';
import { listenOn } from './listen-on.ts';

const LISTENING: Readonly<Record<string, 'port-taken' | 'address-not-here' | 'listening-not-allowed'>> = {
  EADDRINUSE: 'port-taken',
  EADDRNOTAVAIL: 'address-not-here',
  EACCES: 'listening-not-allowed',
};

/**
 * Listens where the peers reach this node, on the socket that systemd has given for it, if there is one.
 * @throws {CertbotHaError} `failed` where it cannot listen
 */
export async function listen(
  app: AgentApp,
  { address, port }: SocketPlace,
  given: Pick<GivenSockets, 'take'>,
): Promise<void> {
  try {
    await listenOn(app, { address, port }, given);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const found = {
      code: LISTENING[error.code] ?? 'cannot-listen',
      address,
      port,
      error: error.code,
    } as const;
    const hint = 'agent.port, or agentPort of the node, names another port';
    throw new CertbotHaError('failed', found, { cause: error, hint });
  }
}
