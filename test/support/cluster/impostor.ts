import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { Issued } from '../lineage/certificates.ts';

/** A server that does not know the cluster's key: it passes over the offered one and shows a certificate. */
export interface Impostor {
  readonly port: number;
  /** what has been sent to it, decrypted */
  readonly heard: () => string;
  close(): Promise<void>;
}

export async function startImpostor(issued: Issued, address: string, port = 0): Promise<Impostor> {
  let heard = '';
  const sockets = new Set<TLSSocket>();
  const server = createServer({ cert: issued.certificate + issued.chain, key: issued.key }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined); // the client goes away
    socket.on('data', (bytes: Buffer) => {
      heard += bytes.toString('latin1');
      socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}');
    });
  });
  server.listen(port, address);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    heard: () => heard,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
