// Makes docs/images/status-page.png, of a cluster that is made up: npx jiti scripts/record-status-page.ts
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { renderPage } from '../lib/agent/page/page.ts';
import { startChromium } from '../test/support/page/chromium.ts';
import { nodeBehind } from '../test/support/page/snapshots.ts';

const PICTURE = fileURLToPath(new URL('../docs/images/status-page.png', import.meta.url));
/** What README may grow by. */
const MAX_BYTES = 153_600;

const browser = await startChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1080, height: 800 } });
  await page.setContent(renderPage(nodeBehind()));
  // The events below the table are cut off.
  const table = await page.locator('#lineages').boundingBox();
  const height = Math.ceil((table?.y ?? 0) + (table?.height ?? 0) + 12);
  await page.screenshot({ path: PICTURE, fullPage: true, clip: { x: 0, y: 0, width: 1080, height } });
} finally {
  await browser.close();
}
const { size } = await stat(PICTURE);
if (size > MAX_BYTES) throw new Error(`${PICTURE}: ${size} bytes, more than ${MAX_BYTES}`);
process.stdout.write(`docs/images/status-page.png: ${size} bytes\n`);
