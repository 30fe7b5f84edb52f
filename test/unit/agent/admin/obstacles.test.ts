import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { createObstacles } from '../../../../lib/agent/admin/obstacles.ts';
import { createWebroot } from '../../../../lib/challenge/webroot.ts';
import { expect, test } from '../../../support/temporary.ts';

const ROOM = { bavail: 1, bsize: 4_096, files: 10, ffree: 1 };

test.for([
  ['room', {}, []],
  ['room, and inodes that are not counted', { files: 0, ffree: 0 }, []],
  ['no block left', { bavail: 0 }, ['token-not-written']],
  ['no inode left', { ffree: 0 }, ['token-not-written']],
] as const)('a webroot with %s', async ([, changes, expected], { directory }) => {
  const root = join(directory, 'webroot');
  await mkdir(root);
  const obstacles = createObstacles(createWebroot(root), { statfs: async () => ({ ...ROOM, ...changes }) });
  expect((await obstacles()).map(({ code }) => code)).toEqual(expected);
});
