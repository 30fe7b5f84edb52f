import { expect, test } from 'vitest';
import { eachInTurn } from '../../../lib/base/each-in-turn.ts';

/** What a work waits for until the test opens it. */
function gateOf() {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((open) => void (resolve = open));
  return { promise, resolve };
}

test('results come in the order of the items, whichever work ends first', async () => {
  const gates = [1, 2, 3].map(() => gateOf());
  const done = eachInTurn([0, 1, 2], 3, async (index) => {
    await gates[index]?.promise;
    return index * 10;
  });
  for (const { resolve } of gates.toReversed()) resolve();
  expect(await done).toEqual([0, 10, 20]);
});

test('so many are at work at once, and the next begins when one has ended', async () => {
  const begun: number[] = [];
  const gates = [0, 1, 2, 3].map(() => gateOf());
  const done = eachInTurn([0, 1, 2, 3], 2, async (index) => {
    begun.push(index);
    await gates[index]?.promise;
  });
  expect(begun).toEqual([0, 1]);
  gates[1]?.resolve();
  await expect.poll(() => begun).toEqual([0, 1, 2]);
  for (const { resolve } of gates) resolve();
  await done;
  expect(begun).toEqual([0, 1, 2, 3]);
});

test('what one work throws is thrown, and no further one begins', async () => {
  const begun: number[] = [];
  const gate = gateOf();
  const done = eachInTurn([0, 1, 2, 3], 2, async (index) => {
    begun.push(index);
    if (index === 0) throw new Error('the first');
    await gate.promise;
  });
  await expect(done).rejects.toThrow('the first');
  gate.resolve();
  await gate.promise;
  await Promise.resolve();
  expect(begun).toEqual([0, 1]);
});

test('nothing to do is done at once', async () => {
  expect(await eachInTurn([], 2, async () => 1)).toEqual([]);
});
