import { once } from 'node:events';
import { createServer as createPlain, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Issued } from '../lineage/certificates.ts';

export interface Received {
  readonly method: string;
  /** path and query */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A web server that keeps what it is sent. */
export interface TestReceiver {
  /** without a path */
  readonly origin: string;
  readonly received: readonly Received[];
  readonly close: () => void;
}

export interface Answering {
  /** null: it never answers; default 200 */
  readonly status?: number | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: Issued;
}

export async function receive({ status = 200, headers, tls }: Answering = {}): Promise<TestReceiver> {
  const received: Received[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '' } = request;
      received.push({ method, path, headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
      if (status !== null) response.writeHead(status, headers).end('ok');
    });
  };
  const server = tls
    ? createTls({ cert: tls.certificate + tls.chain, key: tls.key }, answer)
    : createPlain(answer);
  server.on('tlsClientError', () => undefined); // what the client saw is what the test looks at
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
