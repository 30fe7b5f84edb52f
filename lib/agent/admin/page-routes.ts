import type { AdminApp } from './app.ts';
import { loadOnce } from './load-once.ts';

/** The page as it is now, with what its answer's head has to say. */
export interface PageShown {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface PageRouteOptions {
  /** Loads what makes it: whoever has no browser need not have it in memory. What is loaded never rejects. */
  readonly page: () => Promise<() => Promise<PageShown>>;
}

/** `/`: the status page. It is one answer, and loads nothing else. */
export function addPageRoutes(app: AdminApp, { page }: PageRouteOptions): void {
  const loaded = loadOnce(page);
  app.get('/', async (_, reply) => {
    const show = await loaded();
    const { html, headers } = await show();
    return reply.headers(headers).type('text/html; charset=utf-8').send(html);
  });
}
