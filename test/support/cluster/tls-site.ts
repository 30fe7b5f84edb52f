import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import type { Issued } from '../lineage/certificates.ts';

/** A TLS server that shows one certificate for whatever name it is asked. */
export interface TlsSite {
  readonly port: number;
  /** the name that each handshake asked for; null when it asked for none */
  readonly asked: readonly (string | null)[];
  /** handshakes that resumed an earlier session */
  readonly resumed: () => number;
  /** From now on it shows this one. */
  readonly use: (issued: Issued) => void;
  readonly close: () => Promise<void>;
}

export interface TlsSiteOptions {
  readonly address?: string;
  readonly port?: number;
  readonly tls?: TlsOptions;
}

export async function serveTls(
  issued: Issued,
  { address = '127.0.0.1', port = 0, tls }: TlsSiteOptions = {},
): Promise<TlsSite> {
  const asked: (string | null)[] = [];
  let resumed = 0;
  const server = createServer({ ...credentialsOf(issued), ...tls }, (socket) => {
    asked.push(socket.servername || null);
    if (socket.isSessionReused()) resumed += 1;
    socket.on('error', () => undefined); // a probe hangs up as soon as it has seen enough
  });
  server.on('tlsClientError', () => undefined); // what the client saw is what the test looks at
  server.listen(port, address);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    resumed: () => resumed,
    use: (next) => server.setSecureContext(credentialsOf(next)),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

export function credentialsOf({ certificate, chain, key }: Issued) {
  return { cert: certificate + chain, key };
}
