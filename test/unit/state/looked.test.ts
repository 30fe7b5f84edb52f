import { stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLooked, noteLooked } from '../../../lib/state/looked.ts';
import { expect, test } from '../../support/temporary.ts';

test('when notify has looked is the time of a file that all may ask for', async ({ directory }) => {
  const looked = createLooked(directory);
  expect(await looked()).toBe(null);
  await noteLooked(directory);
  expect(await looked()).toBe(0);
  const file = join(directory, 'looked');
  expect((await stat(file)).mode & 0o777).toBe(0o644);
  for (const seconds of [-120, 120]) {
    const at = new Date(Date.now() + seconds * 1000);
    await utimes(file, at, at);
    expect(await looked()).toBe(120);
  }
  await noteLooked(directory);
  expect(await looked()).toBe(0);
});

test('all that ask at the same moment are told', async ({ directory }) => {
  await noteLooked(directory);
  const looked = createLooked(directory);
  expect(await Promise.all([looked(), looked(), looked()])).toEqual([0, 0, 0]);
});

test('where it cannot be noted nobody is kept from telling', async ({ directory }) => {
  await writeFile(join(directory, 'file'), '');
  await noteLooked(join(directory, 'file'));
  expect(await createLooked(join(directory, 'file'))()).toBe(null);
});
