import { onTestFinished } from 'vitest';
import { startNames } from '../../../../lib/agent/watch/names.ts';
import { eventually } from '../../../lab/eventually.ts';
import { expect, test } from '../../../support/temporary.ts';
import { setImmediate as aTurn } from 'node:timers/promises';

/** What is looked at, in its order. */
function looking(listed: readonly string[] = []) {
  const looked: string[] = [];
  const over = new AbortController();
  onTestFinished(() => over.abort());
  let [now, most] = [0, 0];
  const look = async (name: string) => {
    now += 1;
    most = Math.max(most, now);
    await aTurn();
    looked.push(name);
    now -= 1;
  };
  const names = startNames({ look, list: async () => listed, signal: over.signal });
  const seen = async (name: string) =>
    await eventually(async () => looked.includes(name), { timeoutMs: 10_000, what: name });
  return { names, looked, seen, most: () => most };
}

const many = Array.from({ length: 10_000 }, (_, index) => `file-${index}`);

test('a file that has just come does not wait behind ten thousand others', async () => {
  const { names, looked, seen } = looking();
  for (const name of many) names.add(name);
  names.add('new');
  await seen('new');
  expect(looked.indexOf('new')).toBeLessThan(20);
});

test('nor behind what a directory has', async () => {
  const { names, looked, seen } = looking(many);
  names.addAll();
  await seen('file-0');
  const before = looked.length;
  names.add('new');
  await seen('new');
  expect(looked.indexOf('new')).toBeLessThan(before + 20);
});

test('some are looked at side by side, and ten thousand without a wait', async () => {
  const { names, looked, most } = looking();
  for (const name of many) names.add(name);
  await eventually(async () => looked.length === 10_000, { timeoutMs: 3_000, what: 'all' });
  expect(new Set(looked).size).toBe(10_000);
  expect(most()).toBe(8);
});

test('a file that is rewritten without end is looked at ten times a second, and the last time after its end', async () => {
  const { names, looked } = looking();
  const startedMs = performance.now();
  for (let count = 0; count < 500; count += 1) {
    names.add('restless');
    await aTurn();
  }
  names.add('restless');
  const count = looked.length;
  expect(count).toBeLessThanOrEqual(32 + (10 * (performance.now() - startedMs)) / 1000);
  await eventually(async () => looked.length > count, { timeoutMs: 3_000, what: 'the last look' });
});
