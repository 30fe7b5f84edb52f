// @module-tag slow
import { describe } from 'vitest';
import type { Browser } from 'playwright-core';
import { writeDoctorRun, type DoctorRun } from '../../lib/state/doctor-run.ts';
import { expect, NAME, test as base } from '../support/cluster/pair.ts';
import { withChromium, withVisits, type Visiting } from '../support/page/chromium.ts';

interface Fixtures {
  readonly browser: Browser | null;
  readonly visit: Visiting;
}

const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern
  browser: [async ({}, use) => await withChromium(use), { scope: 'file' }],
  visit: async ({ browser, skip }, use) => await withVisits(browser, skip, use),
});

const DAY_MS = 86_400_000;
/** A look that finds a node silent takes 6 s, and the next one begins 10 s after it. */
const SOON = { timeout: 45_000 };

const COMPLAINED: DoctorRun = {
  ...{ at: '2026-11-28T06:00:00.000Z', node: 'web1', result: 'warn', checks: { pass: 28, warn: 1, fail: 0 } },
  complaints: [
    { check: 'renewer', result: 'warn', code: 'timer-inactive', message: 'certbot.timer is not active' },
  ],
};

describe("an agent's status page", { timeout: 180_000 }, () => {
  test('shows live how the cluster comes to be well, and that a node is down', async ({
    pair,
    ca,
    visit,
  }) => {
    const { web1, web2 } = pair;
    const begun = (days: number) => ({ notBefore: new Date(Date.now() - days * DAY_MS) });
    const [old, next] = [await ca.issue([NAME], begun(3)), await ca.issue([NAME], begun(2))];
    await web1.startAgent();
    const agent = await web2.startAgent();
    const { page, asked, complaints } = await visit(`${web1.adminOrigin}/`);
    const row = page.locator('#lineages tbody tr');

    await page.getByText('no certificate yet').first().waitFor(SOON);
    await page.getByText('certbot-ha certonly -d www.example.com --dry-run').waitFor();

    for (const node of [web1, web2]) await node.serve(NAME, old);
    await web1.has(NAME, old, next);
    await web2.has(NAME, old);
    await row.filter({ hasText: `has older: ${dayOf(3)}` }).waitFor(SOON);
    expect(await page.locator('#attention').innerText()).toContain(NAME);
    expect(await row.innerText()).toMatch(
      /✓ has newest\s+✓ serves newest\s+✗ has older: \S+\s+✗ serves another/,
    );

    await web2.startInstaller();
    expect(await web1.command('sync')).toMatchObject({ code: 0 });
    await page.getByText('all is well').waitFor(SOON);
    expect(await row.innerText()).toMatch(/✓ has newest\s+✓ serves newest\s+✓ has newest\s+✓ serves newest/);
    expect(await page.getByText('by web1, which is the issuer').isVisible()).toBe(true);

    await writeDoctorRun(web1.stateDir, COMPLAINED);
    await agent.close();
    await row.filter({ hasText: 'has: unknown' }).waitFor(SOON);
    expect(await page.locator('#attention').innerText()).toContain('connection refused');
    expect(await page.title()).toBe('✗ 1 thing to look at · web1 · certbot-ha');

    expect(await page.locator('#doctor').innerText()).toContain('certbot.timer is not active');
    expect(await page.getByText('28 passed, 1 warning, 0 failed').isVisible()).toBe(true);

    expect(new Set(asked)).toEqual(new Set([`${web1.adminOrigin}/`]));
    expect(complaints).toEqual([]);
  });
});

function dayOf(daysAgo: number): string {
  return new Date(Date.now() - daysAgo * DAY_MS).toISOString().slice(0, 10);
}
