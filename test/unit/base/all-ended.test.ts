import { expect, test } from 'vitest';
import { allEnded, allEndedByFirst } from '../../../lib/base/all-ended.ts';

test('what one of them fails with is told when the others have ended, and no sooner', async () => {
  const heard: string[] = [];
  let end = (_value: number) => {};
  const last = new Promise<number>((resolve) => (end = resolve));
  const failing = Promise.reject(new Error('the second'));
  const told = allEnded([Promise.resolve(1), failing, last]).catch((error: Error) =>
    heard.push(error.message),
  );
  await new Promise(setImmediate);
  expect(heard).toEqual([]);
  end(3);
  await told;
  expect(heard).toEqual(['the second']);
});

test('it has the values in the order of the work', async () => {
  expect(await allEnded([Promise.resolve('a'), Promise.resolve('b')])).toEqual(['a', 'b']);
});

test('what fails first ends the others, and is told when they have ended, whatever they say to that', async () => {
  const heard: string[] = [];
  const over = new AbortController();
  let end = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const told = allEndedByFirst(over.signal, [
    async (signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      heard.push('ends');
      await ended;
      throw new Error('interrupted');
    },
    async () => {
      throw new Error('a full disk');
    },
  ]).catch((error: Error) => heard.push(error.message));
  await new Promise(setImmediate);
  expect(heard).toEqual(['ends']);
  end();
  await told;
  expect(heard).toEqual(['ends', 'a full disk']);
});

test('the signal ends all of it, which is no failure', async () => {
  const over = new AbortController();
  const ways = ['http', 'dns'].map((way) => async (signal: AbortSignal) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return way;
  });
  const told = allEndedByFirst(over.signal, ways);
  over.abort();
  expect(await told).toEqual(['http', 'dns']);
});
