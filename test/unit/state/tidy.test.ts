import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tidyState } from '../../../lib/state/tidy.ts';
import { pidNamespace } from '../../../lib/system/processes.ts';
import { TEMPORARY } from '../../../lib/system/write-file.ts';
import { expect, test } from '../../support/temporary.ts';

const DIRECTORIES = ['.', 'installed', 'deleted', 'accepted', 'outbox', 'journal', 'pending'];
const namespace = Number(pidNamespace()).toString(16);
const OF_DEAD = `a.json.4194999-${namespace}-01b63eae${TEMPORARY}`;
const OF_LIVING = `b.json.${process.pid}-${namespace}-01b63eae${TEMPORARY}`;

test('what a killed program has left half-written goes, wherever below stateDir it is', async ({
  directory,
}) => {
  for (const name of DIRECTORIES) {
    await mkdir(join(directory, name), { recursive: true });
    for (const file of [OF_DEAD, OF_LIVING, 'c.json']) await writeFile(join(directory, name, file), '');
  }
  await tidyState(directory);
  for (const name of DIRECTORIES) {
    const files = (await readdir(join(directory, name))).filter((file) => !DIRECTORIES.includes(file));
    expect([name, files.toSorted()]).toEqual([name, [OF_LIVING, 'c.json']]);
  }
});

test('a directory by such a name, or a file in the place of a directory, keeps nothing else', async ({
  directory,
}) => {
  await mkdir(join(directory, OF_DEAD));
  await writeFile(join(directory, 'installed'), '');
  await mkdir(join(directory, 'pending'));
  await writeFile(join(directory, 'pending', OF_DEAD), '');
  await tidyState(directory);
  expect(await readdir(join(directory, 'pending'))).toEqual([]);
});
