import { existsSync } from 'node:fs';
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from 'playwright-core';
import { lacking } from '../lacking.ts';

const PROGRAM = '/usr/bin/chromium';

/** Why there is no Chromium here; null: Debian's is. */
const WITHOUT_CHROMIUM = existsSync(PROGRAM) ? null : `${PROGRAM} is not installed`;

const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
];

/** Debian's Chromium, without a window, with a new profile that goes away with it. */
export async function startChromium(): Promise<Browser> {
  return await chromium.launch({ executablePath: PROGRAM, headless: true, args: FLAGS, timeout: 60_000 });
}

export interface Visit {
  readonly page: Page;
  /** what the browser has complained of, and every address that it has asked for */
  readonly complaints: readonly string[];
  readonly asked: readonly string[];
}

/** Opens a page, with nothing left of an earlier one. */
export type Visiting = (address: string, options?: BrowserContextOptions) => Promise<Visit>;

/** For a fixture of a file: Chromium, or null where there is none. */
export async function withChromium(use: (browser: Browser | null) => Promise<void>): Promise<void> {
  if (WITHOUT_CHROMIUM !== null) return await use(null);
  const browser = await startChromium();
  await use(browser);
  await browser.close();
}

/** For a fixture: skips the test where there is no Chromium; with CI=true it fails. */
export async function withVisits(
  browser: Browser | null,
  skip: (note: string) => never,
  use: (visit: Visiting) => Promise<void>,
): Promise<void> {
  if (browser === null) return skip(lacking(WITHOUT_CHROMIUM ?? 'no browser'));
  const contexts: BrowserContext[] = [];
  await use(async (address, options = {}) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    contexts.push(context);
    return await visiting(context, address);
  });
  await Promise.all(contexts.map(async (context) => await context.close()));
}

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
