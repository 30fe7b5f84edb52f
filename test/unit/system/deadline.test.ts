import { getEventListeners, once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../lab/eventually.ts';
import { afterwards, anyOf, deadline, runWithin, within } from '../../../lib/system/deadline.ts';
import { pause } from '../../../lib/system/pause.ts';
import { warningsOf } from '../../support/warnings.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('within', () => {
  test('aborts when the time is over, also after the garbage collector has been there', async () => {
    const aborted: number[] = [];
    for (let count = 0; count < 20; count += 1) {
      const signal = within(new AbortController().signal, 30);
      signal.addEventListener('abort', () => aborted.push(count), { once: true });
    }
    collectGarbage();
    // Its timers keep no process alive, so something else has to.
    await eventually(async () => aborted.length >= 20, { timeoutMs: 5_000, what: 'twenty aborts' });
    expect(aborted).toHaveLength(20);
  });

  test('says that it was the time', async () => {
    const signal = within(new AbortController().signal, 5);
    const alive = setInterval(() => undefined, 1_000);
    await once(signal, 'abort');
    clearInterval(alive);
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  test('aborts with the other signal, for its reason', () => {
    const outer = new AbortController();
    const signal = within(outer.signal, 60_000);
    expect(signal.aborted).toBe(false);
    outer.abort(new Error('interrupted'));
    expect(signal.reason).toMatchObject({ message: 'interrupted' });
  });

  test('is aborted from the start where the other one is', () => {
    expect(within(AbortSignal.abort(), 60_000).aborted).toBe(true);
  });
});

describe('runWithin', () => {
  test('leaves nothing on a signal when the work has ended, well or not', async () => {
    const outer = new AbortController();
    const during: number[] = [];
    const work = async () => {
      during.push(getEventListeners(outer.signal, 'abort').length);
      return await Promise.resolve(7);
    };
    expect(await runWithin(outer.signal, 60_000, work)).toBe(7);
    const failing = runWithin(outer.signal, 60_000, async () => await Promise.reject(new Error('failed')));
    await expect(failing).rejects.toThrow('failed');
    expect(during).toEqual([1]);
    expect(getEventListeners(outer.signal, 'abort')).toEqual([]);
  });

  test('its work is ended by the other signal and by the time', async () => {
    const outer = new AbortController();
    const reasons = async (ms: number) =>
      await runWithin(outer.signal, ms, async (limit) => {
        await pause(60_000, limit);
        return (limit.reason as Error).message;
      });
    const alive = setInterval(() => undefined, 1_000);
    expect(await reasons(5)).toBe('the time is over');
    clearInterval(alive);
    const interrupted = reasons(60_000);
    outer.abort(new Error('interrupted'));
    expect(await interrupted).toBe('interrupted');
  });
});

test.for([
  ['within', (signal: AbortSignal) => within(signal, 60_000)],
  ['afterwards', (signal: AbortSignal) => afterwards(signal, 0)],
  ['anyOf', (signal: AbortSignal) => anyOf(signal, deadline(60_000))],
] as const)(
  'as many as there are nodes and names wait for a signal, and nothing is warned of: %s',
  async ([, of]) => {
    const over = new AbortController();
    const signal = of(over.signal);
    const warnings = await warningsOf(async () => {
      const waiting = Array.from({ length: 12 }, async () => await pause(60_000, signal));
      over.abort();
      await Promise.all(waiting);
    });
    expect(warnings).toEqual([]);
  },
);
