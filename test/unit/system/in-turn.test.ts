import { expect, test, vi } from 'vitest';
import { inTurn } from '../../../lib/system/in-turn.ts';

const SILENT = { kind: 'failed', message: '/mnt: the file system does not answer [file-system-silent]' };

test('work at one place is done one after another, whatever becomes of it', async () => {
  const turn = inTurn('/mnt');
  const seen: string[] = [];
  const work = (name: string, ms: number) => async () => {
    seen.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, ms));
    seen.push(`${name} ends`);
    if (name === 'a') throw new Error('a fails');
    return name;
  };
  const [a, b] = await Promise.allSettled([turn(work('a', 20)), turn(work('b', 1))]);
  expect([a.status, b]).toEqual(['rejected', { status: 'fulfilled', value: 'b' }]);
  expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
});

test('while one hangs, nothing else is begun there, and nobody waits for it', async () => {
  const turn = inTurn('/mnt', { limitMs: 50 });
  let release = () => {};
  const hung = turn(async () => await new Promise<void>((resolve) => void (release = resolve)));
  const begun = vi.fn<() => Promise<string>>(async () => 'done');
  const behind = turn(begun);
  const refused = { status: 'rejected', reason: SILENT };
  expect(await Promise.allSettled([hung, behind])).toMatchObject([refused, refused]);
  const said: unknown[] = [];
  turn(begun).catch((error: unknown) => said.push(error));
  // A turn of the event loop, and no time: no timer is waited for.
  await new Promise(setImmediate);
  expect(said).toMatchObject([SILENT]);
  expect(begun).not.toHaveBeenCalled();
  release();
  await vi.waitFor(async () => expect(await turn(begun)).toBe('done'));
  expect(begun).toHaveBeenCalledTimes(1);
});

test('so many hold a thread each as may be at work at once, and no more', async () => {
  const turn = inTurn('/mnt', { limitMs: 50, atOnce: 2 });
  let begun = 0;
  const hang = async () => {
    begun += 1;
    await new Promise<never>(() => undefined);
  };
  const all = await Promise.allSettled([turn(hang), turn(hang), turn(hang), turn(hang)]);
  expect(all).toMatchObject(Array.from({ length: 4 }, () => ({ status: 'rejected', reason: SILENT })));
  expect(begun).toBe(2);
});

test('what waits for its own time or stays is not lost where a call was only late', async () => {
  const turn = inTurn('/mnt', { limitMs: 50 });
  const then = async () => 'then';
  const releases: (() => void)[] = [];
  const hang = async () => await new Promise<string>((resolve) => void releases.push(() => resolve('late')));
  const late = turn(hang, { whileHung: 'stay' });
  const behind = turn(then, { whileHung: 'stay' });
  await expect(turn(async () => 'soon')).rejects.toMatchObject(SILENT);
  await expect(turn(then, { whileHung: 'wait' })).rejects.toMatchObject(SILENT);
  const waiting = turn(then, { whileHung: 'wait', limitMs: 5_000 });
  releases[0]?.();
  expect(await Promise.all([late, behind, waiting])).toEqual(['late', 'then', 'then']);
  expect(await turn(async () => 'soon')).toBe('soon');
});

test('what has waited for others has all of its time', async () => {
  const turn = inTurn('/mnt', { limitMs: 200 });
  const slow = async () => await new Promise<string>((resolve) => setTimeout(() => resolve('done'), 150));
  expect(await Promise.all([turn(slow), turn(slow)])).toEqual(['done', 'done']);
});
