import { expect, test } from 'vitest';
import { documentedBlock, ELSEWHERE, TYPED, unknownBlocks } from '../../lab/scene/documented.ts';

test('every block of commands in the documentation is known to a test that types it', async () => {
  expect(await unknownBlocks()).toEqual([]);
});

test.for([...Object.values(TYPED), ...ELSEWHERE])('$page has one block with "$words"', async (one) => {
  expect(await documentedBlock(one)).toContain(one.words);
});
