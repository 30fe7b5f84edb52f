import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../../../lib/base/expected.ts';
import { readText } from '../../../lib/system/read-text.ts';
import { NO_FILES, putNoFile } from '../../support/strange/no-file.ts';
import { expect, test } from '../../support/temporary.ts';

const MAX_BYTES = 1_048_576;

test('a plain file is read, also through links', async ({ directory }) => {
  const [file, link] = [join(directory, 'file'), join(directory, 'link')];
  await writeFile(file, 'ä\n');
  await symlink('file', link);
  expect(await readText(link)).toBe('ä\n');
  await truncate(file, 0);
  expect(await readText(file)).toBe('');
  await truncate(file, MAX_BYTES);
  expect(await readText(file)).toHaveLength(MAX_BYTES);
  // It has no size, and content.
  expect(await readText('/proc/self/status')).toContain('\nPid:');
});

const CODES = { device: 'ENXIO', endless: 'ENXIO', pipe: 'ENXIO', socket: 'ENXIO', huge: 'EFBIG' } as const;

test.for(NO_FILES)('%s: an error as the system’s that names the file', async (kind, { directory }) => {
  const file = join(directory, 'x.conf');
  await putNoFile(kind, file);
  const error: unknown = await readText(file).catch((thrown: unknown) => thrown);
  expect(isSystemError(error) && error.code).toBe(CODES[kind]);
  expect(String(error)).toContain(file);
});

test('so it is of a directory, and where one byte is too many', async ({ directory }) => {
  await mkdir(join(directory, 'd'));
  await expect(readText(join(directory, 'd'))).rejects.toMatchObject({ code: 'EISDIR' });
  const file = join(directory, 'file');
  await writeFile(file, '');
  await truncate(file, MAX_BYTES + 1);
  await expect(readText(file)).rejects.toMatchObject({ code: 'EFBIG' });
});
