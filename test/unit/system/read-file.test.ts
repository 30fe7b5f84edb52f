import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { someEntriesOf } from '../../../lib/system/read-file.ts';
import { expect, test } from '../../support/temporary.ts';

test('of a directory of somebody else’s no more names are read than said, as they are', async ({
  directory,
}) => {
  for (let count = 0; count < 20; count += 1) await writeFile(join(directory, `n${count}`), '');
  expect(await someEntriesOf(directory, 5)).toHaveLength(5);
  await writeFile(Buffer.concat([Buffer.from(join(directory, 'x')), Buffer.from([0xff])]), '');
  const names = await someEntriesOf(directory, 100);
  expect(names).toHaveLength(21);
  expect(names.some((name) => name.equals(Buffer.from([0x78, 0xff])))).toBe(true);
  expect(await someEntriesOf(join(directory, 'none'), 5)).toEqual([]);
});
