import type { AddressInfo } from 'node:net';
import axe from 'axe-core';
import { pino } from 'pino';
import type { Browser, Page } from 'playwright-core';
import { createAdminServer } from '../../../lib/agent/admin/server.ts';
import { PAGE_HEADERS } from '../../../lib/agent/page/document.ts';
import { renderPage } from '../../../lib/agent/page/page.ts';
import type { Snapshot } from '../../../lib/agent/page/snapshot.ts';
import { test as base } from '../temporary.ts';
import { withChromium, withVisits, type Visiting } from './chromium.ts';

/** The status page of one snapshot after another, by the agent's own server. */
export interface ShownPage {
  readonly origin: string;
  /** what is asked for from now on gets this */
  show(snapshot: Snapshot): void;
  /** the server answers nobody any more */
  stop(): Promise<void>;
  /** every request so far */
  readonly requests: readonly string[];
}

interface Fixtures {
  readonly browser: Browser | null;
  readonly visit: Visiting;
  readonly shown: ShownPage;
}

export const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern
  browser: [async ({}, use) => await withChromium(use), { scope: 'file' }],
  visit: async ({ browser, skip }, use) => await withVisits(browser, skip, use),
  // oxlint-disable-next-line no-empty-pattern
  shown: async ({}, use) => {
    const requests: string[] = [];
    let current: Snapshot | null = null;
    const app = createAdminServer({
      ...{ names: [], obstacles: async () => [], logger: pino({ level: 'silent' }) },
      metrics: async () => await Promise.reject(new Error('nobody asks for them')),
      page: async () => async () => {
        if (current === null) throw new Error('nothing to show yet');
        return { html: renderPage(current), headers: PAGE_HEADERS };
      },
    });
    app.addHook('onRequest', async ({ method, url }) => void requests.push(`${method} ${url}`));
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    await use({
      ...{ origin: `http://127.0.0.1:${port}`, requests },
      show: (snapshot) => {
        current = snapshot;
      },
      stop: async () => await app.close(),
    });
    await app.close();
  },
});

interface Found {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

/** What axe finds wrong with the page as it is. */
export async function axeFinds(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const found: Found = await page.evaluate('axe.run(document)');
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
