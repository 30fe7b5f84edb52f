// Makes docs/images/status-page.png of three hosts on which README.md was followed, when the second one's cable is pulled:
// npx jiti scripts/record-status-page.ts [FILE]. As root; the programs have to be built. FILE: a page that was saved, in place of that.
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../test/lab/eventually.ts';
import { openBareHosts } from '../test/lab/first-certificate/hosts.ts';
import { followReadme } from '../test/lab/first-certificate/transcript.ts';
import { startChromium } from '../test/support/page/chromium.ts';

const PICTURE = fileURLToPath(new URL('../docs/images/status-page.png', import.meta.url));
/** What README may grow by. */
const MAX_BYTES = 153_600;
/** Of the last events so much is shown, in pixels. */
const EVENTS_HEIGHT = 200;

/** What the page of the first node is then. */
async function recorded(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'certbot-ha-page-'));
  const lab = await openBareHosts(directory);
  try {
    if (lab.kind === 'loopback') throw new Error(lab.reason ?? 'hosts cannot be booted');
    await followReadme(lab);
    const [web1, web2] = lab.nodes;
    if (web1 === undefined || web2 === undefined) throw new Error('a lab without nodes');
    await web2.unplug();
    const show = async () => await web1.check(['curl', '-sS', '-m', '10', 'http://127.0.0.1:9481/']);
    return await eventually(show, {
      until: (html) => html.includes('1 thing to look at'),
      ...{ timeoutMs: 60_000, everyMs: 1_000, what: 'the node without a cable on the page' },
    });
  } finally {
    await lab.close();
    await rm(directory, { recursive: true, force: true });
  }
}

const [, , saved] = process.argv;
const html = saved === undefined ? await recorded() : await readFile(saved, 'utf8');
const browser = await startChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1080, height: 800 } });
  await page.setContent(html);
  const events = await page.locator('#events').boundingBox();
  const height = Math.ceil((events?.y ?? 0) + EVENTS_HEIGHT);
  await page.screenshot({ path: PICTURE, fullPage: true, clip: { x: 0, y: 0, width: 1080, height } });
} finally {
  await browser.close();
}
const { size } = await stat(PICTURE);
if (size > MAX_BYTES) throw new Error(`${PICTURE}: ${size} bytes, more than ${MAX_BYTES}`);
process.stdout.write(`docs/images/status-page.png: ${size} bytes\n`);
