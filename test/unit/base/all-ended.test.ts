import { expect, test } from 'vitest';
import { allEnded } from '../../../lib/base/all-ended.ts';

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
