import type { Server, Socket } from 'node:net';

/** A server of the agent, whatever it speaks. */
export interface ClosingApp {
  readonly server: Server;
  addHook(name: 'preClose', hook: (done: () => void) => void): unknown;
  addHook(
    name: 'onSend',
    hook: (request: unknown, reply: ClosingReply, payload: unknown, done: () => void) => void,
  ): unknown;
}

interface ClosingReply {
  header(name: string, value: string): unknown;
}

/** An operator's patience is for the whole of it. */
const GRACE_MS = 1_000;

/** What a server has to be made with, so that it answers what has been asked when it is to close. */
export const FINISHING = { forceCloseConnections: 'idle', return503OnClosing: false } as const;

/**
 * Has a server that closes answer who has connected before: requests that have come, and those of connections that have just been
 * taken. Who says nothing, or not all, within a second is cut off.
 */
export function letFinish(app: ClosingApp): void {
  const open = new Set<Socket>();
  let isClosing = false;
  app.server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  app.addHook('preClose', (done) => {
    isClosing = true;
    const limit = setTimeout(() => {
      for (const socket of open) socket.destroy();
    }, GRACE_MS);
    app.server.once('close', () => clearTimeout(limit));
    done();
  });
  // Of a request that had begun before, fastify says that the connection stays.
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isClosing) reply.header('connection', 'close');
    done();
  });
}
