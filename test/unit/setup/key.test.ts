import { chmod, chown, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyToPut } from '../../../lib/setup/key.ts';
import { expect, test } from '../../support/temporary.ts';

const KEY = 'ab'.repeat(32);
const isRoot = process.getuid?.() === 0;

test.for([
  ['one', `${KEY}\n`],
  ['one with a comment', `# the cluster's\n${KEY}`],
] as const)('%s that is there stays as it is', async ([, text], { directory }) => {
  const file = join(directory, 'cluster.key');
  await writeFile(file, text, { mode: 0o640 });
  for (const isForced of [true, false]) {
    expect(await keyToPut(file, isForced)).toEqual({ text, isNew: false, isThere: true, exposed: [] });
  }
});

test.for([
  ['none', null, false],
  ['an empty file, by force', '', true],
  ['what is no key, by force', 'secret\n', true],
] as const)('in the place of %s there is a new one', async ([, text, isForced], { directory }) => {
  const file = join(directory, 'cluster.key');
  if (text !== null) await writeFile(file, text, { mode: 0o640 });
  const key = await keyToPut(file, isForced);
  expect(key).toMatchObject({ isNew: true, isThere: text !== null });
  expect(key.text).toMatch(/^[0-9a-f]{64}\n$/);
  expect((await keyToPut(file, isForced)).text).not.toBe(key.text);
});

test('one that others may read is the same by force, and told without it', async ({ directory }) => {
  const file = join(directory, 'cluster.key');
  await writeFile(file, KEY);
  await chmod(file, 0o644);
  expect(await keyToPut(file, true)).toMatchObject({
    ...{ text: KEY, isNew: false, exposed: [{ code: 'key-file-open', mode: '0644' }] },
  });
  await expect(keyToPut(file, false)).rejects.toMatchObject({ findings: [{ code: 'key-file-open' }] });
});

test.runIf(isRoot)('one of another user is the same by force', async ({ directory }) => {
  const file = join(directory, 'cluster.key');
  await writeFile(file, KEY, { mode: 0o640 });
  await chown(file, 1000, 1000);
  expect(await keyToPut(file, true)).toMatchObject({
    ...{ text: KEY, isNew: false, exposed: [{ code: 'key-file-of-another-user', uid: 1000 }] },
  });
});

test('one that others may read, and is none, makes room for a new one', async ({ directory }) => {
  const file = join(directory, 'cluster.key');
  await writeFile(file, 'secret\n');
  await chmod(file, 0o666);
  expect(await keyToPut(file, true)).toMatchObject({ isNew: true, isThere: true });
});

test.for([
  [
    'a link to what is not mounted',
    async (file: string): Promise<void> => await symlink('/nowhere/cluster.key', file),
  ],
  ['a directory', async (file: string): Promise<void> => await mkdir(file)],
  [
    'far too much',
    async (file: string): Promise<void> => await writeFile(file, '#'.repeat(5000), { mode: 0o600 }),
  ],
] as const)('in the place of %s there is none, by force either', async ([, make], { directory }) => {
  const file = join(directory, 'cluster.key');
  await make(file);
  await expect(keyToPut(file, true)).rejects.toMatchObject({
    ...{ exitCode: 2, hint: expect.stringContaining(`move ${file} away`) },
  });
});

test('no message has a line of it', async ({ directory }) => {
  const file = join(directory, 'cluster.key');
  await writeFile(file, `${KEY}\n${KEY}x\n`, { mode: 0o640 });
  const error: unknown = await keyToPut(file, false).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ findings: [{ code: 'key-file-invalid' }] });
  expect(String(error)).not.toContain(KEY.slice(0, 16));
});
