import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const PROGRAM = '/usr/bin/chromium';

/** Why there is no Chromium here; null: Debian's is. */
export const WITHOUT_CHROMIUM = existsSync(PROGRAM) ? null : `${PROGRAM} is not installed`;

const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
];

/** Debian's Chromium, without a window, with a new profile that goes away with it. */
export async function startChromium(): Promise<Browser> {
  return await chromium.launch({ executablePath: PROGRAM, headless: true, args: FLAGS, timeout: 60_000 });
}
