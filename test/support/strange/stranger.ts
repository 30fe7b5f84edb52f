import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions, type TLSSocket } from 'node:tls';
import type { Answer } from './answers.ts';

/** Something that listens, and answers each connection as it was told last. */
export interface Stranger {
  readonly port: number;
  tell(answer: Answer): void;
  close(): Promise<void>;
}

/** @param tls speaks TLS first: with the cluster's key, it is an agent that has lost its mind */
export async function startStranger(tls?: TlsOptions): Promise<Stranger> {
  let answer: Answer = { bytes: '', end: 'close' };
  const sockets = new Set<Socket>();
  const meet = (socket: Socket | TLSSocket) => {
    sockets.add(socket);
    socket.on('error', () => undefined); // whoever has heard enough hangs up
    socket.on('close', () => sockets.delete(socket));
    const { bytes, end } = answer;
    // At the first byte of the request; nothing that is answered twice.
    socket.once('data', () => {
      socket.write(Buffer.from(bytes, 'latin1'));
      if (end === 'close') socket.end();
      if (end === 'reset') socket.destroy();
    });
  };
  const server: Server = tls === undefined ? createServer(meet) : createTlsServer(tls, meet);
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    tell: (next) => {
      answer = next;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
