import { expect, onTestFinished, test, vi } from 'vitest';
import { createPage } from '../../../../lib/agent/admin/page.ts';
import { keptFor } from '../../../../lib/agent/admin/kept-for.ts';
import { inTurn } from '../../../../lib/system/in-turn.ts';

test('a hundred who ask for the page within a second have it made once', async () => {
  const latest = vi.fn<() => Promise<{ document: null; trouble: null; isLooking: false; tookMs: null }>>(
    async () => ({ document: null, trouble: null, isLooking: false, tookMs: null }),
  );
  const stateDir = '/nonexistent';
  const page = createPage({
    ...{ node: 'web1', survey: { latest }, stateDir, turn: inTurn(stateDir), onDamage: () => undefined },
  });
  const together = await Promise.all(Array.from({ length: 50 }, page));
  for (let count = 0; count < 50; count += 1) together.push(await page());
  expect(new Set(together).size).toBe(1);
  expect(latest).toHaveBeenCalledTimes(1);
});

test('what was kept long enough is made anew', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  let made = 0;
  const kept = keptFor(20, async () => (made += 1));
  expect(await kept()).toBe(1);
  vi.advanceTimersByTime(20);
  expect(await kept()).toBe(1);
  vi.advanceTimersByTime(1);
  expect(await kept()).toBe(2);
});
