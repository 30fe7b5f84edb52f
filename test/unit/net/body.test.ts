import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { readAtMost } from '../../../lib/net/body.ts';

const bytes = (...sizes: readonly number[]) => Readable.from(sizes.map((size) => Buffer.alloc(size, 'x')));

test.for([
  ['nothing', [], 0],
  ['less than the limit', [3, 4], 7],
  ['just the limit', [5, 5], 10],
] as const)('reads a body of %s whole', async ([, sizes, length]) => {
  expect(await readAtMost(bytes(...sizes), 10)).toHaveLength(length);
});

test('shows by one more than the limit that a body was longer, and gives the rest up', async () => {
  const body = bytes(6, 6, 1_000_000);
  expect((await readAtMost(body, 10)).length).toBe(12);
  expect(body.destroyed).toBe(true);
});
