import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { credentialsOf } from '../cluster/tls-site.ts';
import type { Issued } from '../lineage/certificates.ts';

/** What a server says and expects before TLS, in turns: `S` says these bytes, `C` waits until it has heard these. */
export type Script = readonly (readonly ['S' | 'C', string])[];

export interface StarttlsServer {
  readonly port: number;
  /** what it has heard over TLS, once a connection */
  readonly farewells: readonly string[];
}

/** A server that follows a script and then turns to TLS with a certificate; null: it closes. Ends with the test. */
export async function serveStarttls(script: Script, issued: Issued | null): Promise<StarttlsServer> {
  const sockets: Socket[] = [];
  const farewells: string[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined); // a probe hangs up as soon as it has seen enough
    void follow(script, socket).then(() => {
      if (issued === null) return socket.end();
      const secure = new TLSSocket(socket, { isServer: true, ...credentialsOf(issued) });
      secure.on('error', () => undefined);
      secure.on('data', (chunk) => farewells.push(chunk.toString('latin1')));
      return undefined;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, farewells };
}

async function follow(script: Script, socket: Socket): Promise<void> {
  let heard = '';
  for (const [who, what] of script) {
    if (who === 'S') {
      // In two parts, as a network may.
      const half = Math.ceil(what.length / 2);
      socket.write(Buffer.from(what.slice(0, half), 'latin1'));
      await new Promise((resolve) => setImmediate(resolve));
      socket.write(Buffer.from(what.slice(half), 'latin1'));
      continue;
    }
    while (!heard.includes(what)) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      heard += chunk.toString('latin1');
    }
    heard = '';
  }
}
