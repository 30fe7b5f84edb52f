import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface Site {
  readonly port: number;
  /** `METHOD host path` of every request so far */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** An HTTP server on an address, until it is closed. */
export async function serve(listener: RequestListener, address = '127.0.0.1', port = 0): Promise<Site> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.headers.host} ${request.url}`);
    listener(request, response);
  });
  server.listen(port, address);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, requests, close: async () => await close(server) };
}

/** A node's web server: serves the files of a webroot, and 404 for all else. */
export async function serveWebroot(webroot: string, address: string, port = 0): Promise<Site> {
  return await serve(
    (request, response) => {
      readFile(join(webroot, new URL(request.url ?? '/', 'http://node').pathname)).then(
        (content) => response.end(content),
        () => response.writeHead(404, { server: 'test-site' }).end('nothing here'),
      );
    },
    address,
    port,
  );
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
