import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serve, type Site } from './site.ts';

export interface RememberingSite extends Site {
  /** what it was asked for before it was there */
  readonly early: readonly string[];
}

/** A node's web server on a file system that remembers for so many milliseconds that a file was not there. */
export async function serveRemembering(
  webroot: string,
  { address, port, forMs }: { readonly address: string; readonly port: number; readonly forMs: number },
): Promise<RememberingSite> {
  const absentUntil = new Map<string, number>();
  const early: string[] = [];
  const site = await serve(
    (request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://node');
      const absent = () => response.writeHead(404, { server: 'remembers' }).end('nothing here');
      if ((absentUntil.get(pathname) ?? 0) > performance.now()) return absent();
      readFile(join(webroot, pathname)).then(
        (content) => response.end(content),
        () => {
          early.push(pathname);
          absentUntil.set(pathname, performance.now() + forMs);
          absent();
        },
      );
    },
    address,
    port,
  );
  return { ...site, early };
}
