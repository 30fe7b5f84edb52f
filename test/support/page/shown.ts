import type { AddressInfo } from 'node:net';
import axe from 'axe-core';
import { pino } from 'pino';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { addPageRoutes } from '../../../lib/agent/admin/page-routes.ts';
import { createAdminServer } from '../../../lib/agent/admin/server.ts';
import type { Snapshot } from '../../../lib/agent/page/snapshot.ts';
import { test as base } from '../temporary.ts';
import { startChromium, WITHOUT_CHROMIUM } from './chromium.ts';

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
  readonly shown: ShownPage;
  readonly browser: Browser | null;
  /** opens a page, with nothing left of an earlier one */
  readonly visit: (address: string, options?: BrowserContextOptions) => Promise<Visit>;
}

export interface Visit {
  readonly page: Page;
  /** what the browser has complained of, and every address that it has asked for */
  readonly complaints: readonly string[];
  readonly asked: readonly string[];
}

export const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern
  shown: async ({}, use) => {
    const requests: string[] = [];
    let current: Snapshot | null = null;
    const app = createAdminServer({
      ...{ names: [], obstacles: async () => [], logger: pino({ level: 'silent' }) },
    });
    app.addHook('onRequest', async ({ method, url }) => void requests.push(`${method} ${url}`));
    addPageRoutes(app, {
      snapshot: async () => {
        if (current === null) throw new Error('nothing to show yet');
        return current;
      },
    });
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
  browser: [
    // oxlint-disable-next-line no-empty-pattern
    async ({}, use) => {
      if (WITHOUT_CHROMIUM !== null) return await use(null);
      const browser = await startChromium();
      await use(browser);
      await browser.close();
    },
    { scope: 'file' },
  ],
  visit: async ({ browser, skip }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (address, options = {}) => {
      if (browser === null) {
        if (process.env['CI'] === 'true') throw new Error(WITHOUT_CHROMIUM ?? '');
        return skip(WITHOUT_CHROMIUM ?? '');
      }
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
      contexts.push(context);
      return await visiting(context, address);
    });
    await Promise.all(contexts.map(async (context) => await context.close()));
  },
});

async function visiting(context: BrowserContext, address: string): Promise<Visit> {
  const page = await context.newPage();
  const complaints: string[] = [];
  const asked: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  context.on('request', (request) => asked.push(request.url()));
  await page.goto(address);
  return { page, complaints, asked };
}

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
