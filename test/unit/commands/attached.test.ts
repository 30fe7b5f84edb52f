import { expect, test } from 'vitest';
import { detached } from '../../../lib/commands/attached.ts';

test.each([
  [
    ['events', '-n1'],
    ['events', '-n', '1'],
  ],
  [
    ['check', '-w25%', '-c7', '-t', '5'],
    ['check', '-w', '25%', '-c', '7', '-t', '5'],
  ],
  [
    ['events', '-n=1', '--no', '-q', '-xy'],
    ['events', '-n=1', '--no', '-q', '-xy'],
  ],
  [
    ['drill', '--', '-n1'],
    ['drill', '--', '-n1'],
  ],
])('a value may stand right behind its letter: %s', (typed, words) => {
  expect(detached(typed)).toEqual(words);
});
