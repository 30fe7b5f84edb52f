import { expect, test } from 'vitest';
import { createRemembered } from '../../../../lib/agent/lookup/limits.ts';

test('remembers the newest so many, each for its time', () => {
  let now = 0;
  const words = createRemembered(3, 10, () => now);
  for (const word of ['a', 'b', 'c', 'a', 'd']) words.add(word);
  expect(['a', 'b', 'c', 'd'].filter(words.has)).toEqual(['a', 'c', 'd']);
  now = 9;
  words.add('e');
  expect(['a', 'c', 'd', 'e'].filter(words.has)).toEqual(['a', 'd', 'e']);
  now = 10;
  expect(['a', 'd', 'e'].filter(words.has)).toEqual(['e']);
});
