import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { holderOf, ownName, stateOf, type Holder } from '../../../lib/system/lock-holder.ts';

function self(): Holder {
  const holder = holderOf(ownName(1) ?? '');
  if (holder === null) throw new Error('there is /proc');
  return holder;
}

const OTHER_BOOT = '0'.repeat(32);

test('a holder that runs is alive', () => {
  expect(stateOf(self())).toBe('alive');
});

test('one that runs under the name of another boot is not taken for dead: a unit may see another name', () => {
  expect(stateOf({ ...self(), boot: OTHER_BOOT })).toBe('unknown');
});

test('one in another PID namespace cannot be told', () => {
  expect(stateOf({ ...self(), namespace: '1', boot: OTHER_BOOT })).toBe('unknown');
  expect(stateOf({ ...self(), namespace: null })).toBe('unknown');
});

test('one that has ended is dead, and so is one whose number is another process now', async () => {
  const child = spawn('true');
  const { pid = 0 } = child;
  await once(child, 'close');
  expect(stateOf({ ...self(), pid })).toBe('dead');
  expect(stateOf({ ...self(), startTime: '1', boot: OTHER_BOOT })).toBe('dead');
});
