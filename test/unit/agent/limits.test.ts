import { expect, test } from 'vitest';
import { createRemembered } from '../../../lib/agent/limits.ts';

test('remembers the newest so many, each for its time', () => {
  let now = 0;
  const words = createRemembered<string>(3, 10, () => now);
  for (const word of ['a', 'b', 'c', 'a', 'd']) words.add(word, `of ${word}`);
  expect(['a', 'b', 'c', 'd'].filter(words.get)).toEqual(['a', 'c', 'd']);
  now = 9;
  words.add('e', 'of e');
  expect(['a', 'c', 'd', 'e'].filter(words.get)).toEqual(['a', 'd', 'e']);
  now = 10;
  expect(['a', 'd', 'e'].filter(words.get)).toEqual(['e']);
  expect(words.get('e')).toBe('of e');
});
