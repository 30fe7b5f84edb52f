import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream';

/** Plays a VIP: passes connections on to the same port of whoever holds it. */
export interface Forwarder {
  close(): Promise<void>;
}

export async function startForwarder(
  vip: string,
  ports: readonly number[],
  holderAddress: () => string | undefined,
): Promise<Forwarder> {
  const open = new Set<Socket>();
  const servers = await Promise.all(
    ports.map((port) =>
      listen(vip, port, (client) => {
        const host = holderAddress();
        // Nobody holds it: as near as loopback comes to no answer.
        if (host === undefined) return client.resetAndDestroy();
        const upstream = connect({ host, port });
        for (const socket of [client, upstream]) {
          open.add(socket);
          socket.once('close', () => open.delete(socket));
        }
        // A side that fails takes the other with it; its client sees a connection that broke.
        pipeline(client, upstream, () => {});
        pipeline(upstream, client, () => {});
      }),
    ),
  );
  return {
    async close() {
      const closed = servers.map((server) => once(server, 'close'));
      for (const server of servers) server.close();
      for (const socket of open) socket.destroy();
      await Promise.all(closed);
    },
  };
}

async function listen(host: string, port: number, serve: (client: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, serve);
  server.listen(port, host);
  await once(server, 'listening');
  server.unref();
  return server;
}
