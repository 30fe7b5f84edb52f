import { readdir } from 'node:fs/promises';
import { describe } from 'vitest';
import { createWebroot } from '../../lib/challenge/webroot.ts';
import { makeChallenges } from '../support/cluster/challenge.ts';
import { expect, test } from '../support/temporary.ts';

describe('the template of a unit test', () => {
  // A table: a test for each row, which %i tells apart.
  test.for([1, 25])('writes %i tokens and no other file', async (count, { directory }) => {
    const challenges = makeChallenges(count);
    const webroot = createWebroot(directory);
    await webroot.check();
    await webroot.write(challenges);
    const tokens = challenges.map(({ token }) => token);
    expect((await readdir(webroot.directory)).toSorted()).toEqual(tokens.toSorted());
  });
});
