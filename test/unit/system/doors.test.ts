import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** The one module through which a package comes in. */
const DOORS = [
  ['fs-extra', 'lib/system/files.ts'],
  ['proper-lockfile', 'lib/system/lock.ts'],
  ['chokidar', 'lib/system/watch-directory.ts'],
] as const;

test.for(DOORS)('%s comes in through %s alone', async ([name, door]) => {
  const files = await Promise.all(
    ['lib', 'hooks'].map(async (root) =>
      (await readdir(root, { recursive: true })).map((file) => join(root, file)),
    ),
  );
  const sources = files.flat().filter((file) => /\.c?[jt]s$/.test(file));
  const texts = await Promise.all(sources.map(async (file) => await readFile(file, 'utf8')));
  const importing = sources.filter((_, index) => texts[index]?.includes(`'${name}'`));
  expect(importing).toEqual([door]);
});
