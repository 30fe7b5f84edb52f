import { CONTENT_SECURITY_POLICY } from '../page/document.ts';
import { renderPage } from '../page/page.ts';
import type { Snapshot } from '../page/snapshot.ts';
import type { AdminApp } from './app.ts';

export interface PageRouteOptions {
  /** what is known now; resolves within some seconds, and never rejects */
  readonly snapshot: () => Promise<Snapshot>;
}

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** `/`: the status page. It is one answer, and loads nothing else. */
export function addPageRoutes(app: AdminApp, { snapshot }: PageRouteOptions): void {
  app.get('/', async (_, reply) =>
    reply
      .headers(HEADERS)
      .type('text/html; charset=utf-8')
      .send(renderPage(await snapshot())),
  );
}
