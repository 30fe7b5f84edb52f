import type { Server, Socket } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import { logFinding } from './log.ts';

/** Tells the journal of each connection that has no key of the cluster, or another one, and where it came from. */
export function logWrongKeys(server: Server, logger: FastifyBaseLogger): void {
  // A socket keeps the address that it was asked for once, and has none when its client has gone.
  server.on('connection', (socket: Socket) => void socket.remoteAddress);
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const fields = { from: clientOf(socket), error: error.code };
    logFinding(logger, 'warn', { code: 'connection-without-key' }, fields);
  });
}

/** Who has connected: the socket of TLS may know no more, the one below it does. */
function clientOf(socket: Socket & { readonly _parent?: Socket }): string | undefined {
  const { remoteAddress, _parent: below } = socket;
  return remoteAddress ?? below?.remoteAddress;
}
