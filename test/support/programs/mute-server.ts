import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** A server that takes connections, the first of which `accepted` waits for, and says nothing. @param port default: any that is free */
export async function mute(address: string, port = 0) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(port, address);
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  const { port: taken } = server.address() as AddressInfo;
  return { port: taken, accepted, connections: () => sockets.size, close };
}
