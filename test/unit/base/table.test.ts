import { expect, test } from 'vitest';
import { tableLines } from '../../../lib/base/table.ts';

test('makes columns as wide as their widest cell and leaves nothing at the ends of lines', () => {
  expect(
    tableLines(
      ['NODE', 'STATE'],
      [
        ['web1', 'served'],
        ['a-long-name', ''],
      ],
    ),
  ).toEqual(['NODE         STATE', 'web1         served', 'a-long-name']);
});

test('has a header alone when there are no rows', () => {
  expect(tableLines(['A', 'B'], [])).toEqual(['A  B']);
});

test('takes a missing cell for an empty one', () => {
  expect(tableLines(['A', 'B'], [['1']])).toEqual(['A  B', '1']);
});
