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
  const turn = inTurn('/mnt', 50);
  let release = () => {};
  const hung = turn(async () => await new Promise<void>((resolve) => void (release = resolve)));
  const begun = vi.fn<() => Promise<string>>(async () => 'done');
  const behind = turn(begun);
  await expect(hung).rejects.toMatchObject(SILENT);
  await expect(behind).rejects.toMatchObject(SILENT);
  const asked = performance.now();
  await expect(turn(begun)).rejects.toMatchObject(SILENT);
  expect(performance.now() - asked).toBeLessThan(40);
  expect(begun).not.toHaveBeenCalled();
  release();
  await vi.waitFor(async () => expect(await turn(begun)).toBe('done'));
  expect(begun).toHaveBeenCalledTimes(1);
});
