// @module-tag slow
import { describe, expect } from 'vitest';
import type { Page } from 'playwright-core';
import type { Snapshot } from '../../lib/agent/page/snapshot.ts';
import { axeFinds, test } from '../support/page/shown.ts';
import {
  at,
  hostile,
  many,
  nodeBehind,
  nodeDown,
  nothingYet,
  NOW,
  seenNode,
  snapshot,
  survey,
} from '../support/page/snapshots.ts';

const PHONE = { viewport: { width: 390, height: 844 } };
const STATES: Readonly<Record<string, Snapshot>> = {
  'all well': snapshot(),
  'a node down': nodeDown(),
  'a node behind': nodeBehind(),
  'nothing issued yet': nothingYet(),
  'nothing known yet': snapshot({ survey: null, events: null, doctor: { state: 'none' } }),
  'many nodes': many(8, 3),
  'hostile words': hostile(),
};

const widthOf = async (page: Page): Promise<number> =>
  await page.evaluate('document.documentElement.scrollWidth');

describe('the status page in Chromium', () => {
  test(
    'has nothing that axe finds wrong, in any state, light and dark',
    { timeout: 120_000 },
    async ({ shown, visit }) => {
      shown.show(snapshot());
      const { page } = await visit(shown.origin);
      for (const [state, seen] of Object.entries(STATES)) {
        shown.show(seen);
        await page.goto(shown.origin);
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          const found = await axeFinds(page);
          expect({ state, colorScheme, found }).toEqual({ state, colorScheme, found: [] });
        }
      }
    },
  );

  test('does not scroll sideways on a telephone, but within its tables', async ({ shown, visit }) => {
    shown.show(snapshot());
    const { page } = await visit(shown.origin, PHONE);
    for (const [state, seen] of Object.entries(STATES)) {
      shown.show(seen);
      await page.goto(shown.origin);
      expect({ state, width: await widthOf(page) }).toEqual({ state, width: 390 });
    }
    shown.show(many(16, 25));
    await page.goto(shown.origin);
    // The first column and the heads stay where they are.
    const [before, after] = [await stuck(page, 0, 0), await stuck(page, 2_000, 3_000)];
    expect(after).toEqual(before);
  });

  test('shows a node whole beside its certificate on a telephone, and two of them after scrolling', async ({
    shown,
    visit,
  }) => {
    shown.show(many(12, 4));
    const { page } = await visit(shown.origin, { viewport: { width: 360, height: 740 } });
    expect(await wholeColumns(page, 0)).toEqual(['Time left', 'web1']);
    expect(await wholeColumns(page, 450)).toEqual(['web3', 'web4']);
    // The name stays above its row.
    expect(await page.getByText('site-001').isVisible()).toBe(true);
    expect(await stuck(page, 450, 0)).toEqual(await stuck(page, 0, 0));
  });

  test('is one request, and then one at each update', async ({ shown, visit }) => {
    shown.show(snapshot());
    const { page, asked, complaints } = await visit('about:blank');
    await page.clock.install();
    await page.goto(shown.origin);
    expect(asked).toEqual([`${shown.origin}/`]);
    shown.show(nodeDown());
    await page.clock.runFor(10_000);
    await page.getByText('3 things to look at').waitFor();
    expect(asked).toEqual([`${shown.origin}/`, `${shown.origin}/`]);
    expect(shown.requests).toEqual(['GET /', 'GET /']);
    expect(await page.title()).toBe('✗ 3 things to look at · web1 · certbot-ha');
    expect(complaints).toEqual([]);
  });

  test('keeps focus and scroll positions at an update', async ({ shown, visit }) => {
    shown.show(many(12, 60));
    const { page } = await visit('about:blank');
    await page.clock.install();
    await page.goto(shown.origin);
    await page.evaluate(`(() => {
      const region = document.querySelector('#lineages .region');
      region.focus();
      region.scrollTo(400, 700);
      scrollTo(0, 120);
    })()`);
    const places = `[document.activeElement.getAttribute('aria-labelledby'), document.activeElement.scrollLeft, document.activeElement.scrollTop, scrollY]`;
    const before = await page.evaluate(places);
    expect(before).toEqual(['h-lineages', 400, 700, 120]);
    // A part that was not there before comes above it.
    const { survey: seen } = many(12, 60);
    const trouble = { who: 'web2', found: { code: 'agent-silent', message: 'no answer' } };
    shown.show(snapshot({ survey: { ...(seen ?? survey()), troubles: [trouble] } }));
    await page.clock.runFor(10_000);
    await page.getByText('1 thing to look at').waitFor();
    const [label, left, top]: readonly unknown[] = await page.evaluate(places);
    expect([label, left, top]).toEqual(['h-lineages', 400, 700]);
  });

  test('asks nothing while nobody looks, and at once when somebody does again', async ({ shown, visit }) => {
    shown.show(snapshot());
    const { page } = await visit('about:blank');
    await page.clock.install();
    await page.goto(shown.origin);
    const become = async (state: string) =>
      await page.evaluate(`(() => {
        Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      })()`);
    await become('hidden');
    await page.clock.runFor(3_600_000);
    expect(shown.requests).toHaveLength(1);
    shown.show(nodeDown());
    await become('visible');
    await page.getByText('3 things to look at').waitFor();
    expect(shown.requests).toHaveLength(2);
  });

  test('says that nobody answers any more, and keeps what it has shown', async ({ shown, visit }) => {
    shown.show(snapshot());
    const { page } = await visit('about:blank');
    await page.clock.install();
    await page.goto(shown.origin);
    await shown.stop();
    await page.clock.runFor(10_000);
    await page.getByText('web1 does not answer any more: what is shown is how it was').waitFor();
    expect(await page.getByText('all is well').isVisible()).toBe(true);
  });

  test('works without JavaScript, and asks again by itself', async ({ shown, visit }) => {
    shown.show(snapshot({ survey: null, isLooking: true }));
    const { page, asked } = await visit(shown.origin, { javaScriptEnabled: false });
    shown.show(nodeBehind());
    await page.getByText('2 things to look at').waitFor();
    expect(asked).toEqual([`${shown.origin}/`, `${shown.origin}/`]);
  });

  test('runs nothing of what others have said', async ({ shown, visit }) => {
    shown.show(hostile());
    const { page, asked, complaints } = await visit(shown.origin);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(1);
    expect(await page.locator('#state').innerText()).toContain('<script>alert(1)</script>');
    expect([asked, complaints]).toEqual([[`${shown.origin}/`], []]);
  });

  test('shows how old it is, by the clock of the node', async ({ shown, visit }) => {
    shown.show(snapshot({ nowMs: NOW + 60_000, survey: survey({ nodes: [seenNode(1)], at: at(-12_000) }) }));
    const { page } = await visit(shown.origin);
    const age = 'The cluster as web1 saw it 72 s ago, at 2026-11-28 09:00:00 UTC.';
    expect(await page.locator('#age').innerText()).toBe(age);
  });

  test('may not be framed, kept, or made to load anything', async ({ shown }) => {
    shown.show(snapshot());
    const { headers } = await fetch(shown.origin);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy': expect.stringMatching(
        /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
      ),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
  });
});

/** The heads of the columns that can be seen whole, after scrolling to the right. */
async function wholeColumns(page: Page, left: number): Promise<unknown> {
  return await page.evaluate(`(() => {
    const region = document.querySelector('#lineages .region');
    region.scrollTo(${left}, 0);
    const inside = region.getBoundingClientRect();
    return [...region.querySelectorAll('thead th:not(:first-child)')].filter((head) => {
      const { left, right } = head.getBoundingClientRect();
      return left >= inside.left && right <= inside.right + 1;
    }).map((head) => head.firstChild.textContent.trim());
  })()`);
}

/** Where a head and a row's name are, after scrolling there. */
async function stuck(page: Page, left: number, top: number): Promise<unknown> {
  return await page.evaluate(`(() => {
    const region = document.querySelector('#lineages .region');
    region.scrollTo(${left}, ${top});
    const inside = region.getBoundingClientRect();
    const corner = region.querySelector('thead th').getBoundingClientRect();
    const name = region.querySelector('tbody th').getBoundingClientRect();
    return [corner.left - inside.left, corner.top - inside.top, name.left - inside.left].map(Math.round);
  })()`);
}
