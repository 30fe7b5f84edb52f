import { chmod, link, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { putFiles, type NewFile } from '../../../lib/setup/put-files.ts';
import { expect, test } from '../../support/temporary.ts';

const NOW = new Date('2026-11-27T20:30:00.250Z');
const BEFORE = '.before-20261127T203000.250Z';
const GID = process.getgid?.() ?? 0;

const key = (directory: string, content = 'new key\n'): NewFile => ({
  ...{ file: join(directory, 'etc', 'cluster.key'), content, mode: 0o640, gid: GID },
});
const config = (directory: string, content = 'new\n'): NewFile => ({
  ...{ file: join(directory, 'etc', 'config.yaml'), content, mode: 0o644, gid: null },
});

async function there(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(directory, 'etc'), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, 'etc', name), text);
}

async function contentOf(directory: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(join(directory, 'etc'))).toSorted();
  const read = async (name: string) => [name, await readFile(join(directory, 'etc', name), 'utf8')];
  return Object.fromEntries(await Promise.all(names.map(read))) as Readonly<Record<string, string>>;
}

test('makes the directory and the files, with their modes', async ({ directory }) => {
  const { lines } = await putFiles([key(directory), config(directory)], { isForced: false });
  expect(lines).toEqual([`written: ${key(directory).file}`, `written: ${config(directory).file}`]);
  expect(await contentOf(directory)).toEqual({ 'cluster.key': 'new key\n', 'config.yaml': 'new\n' });
  expect((await stat(key(directory).file)).mode & 0o777).toBe(0o640);
  expect((await stat(config(directory).file)).mode & 0o777).toBe(0o644);
});

test('does nothing where both are there already', async ({ directory }) => {
  await putFiles([key(directory), config(directory)], { isForced: false });
  const before = await stat(key(directory).file);
  const { lines } = await putFiles([key(directory), config(directory)], { isForced: false });
  expect(lines).toEqual([
    `already there: ${key(directory).file}`,
    `already there: ${config(directory).file}`,
  ]);
  expect((await stat(key(directory).file)).ino).toBe(before.ino);
});

test('sets mode and group of one that is there', async ({ directory }) => {
  await there(directory, { 'cluster.key': 'new key\n' });
  await chmod(key(directory).file, 0o666);
  await putFiles([key(directory)], { isForced: false });
  expect((await stat(key(directory).file)).mode & 0o777).toBe(0o640);
  expect(await contentOf(directory)).toEqual({ 'cluster.key': 'new key\n' });
});

test('replaces nothing, and writes nothing beside it', async ({ directory }) => {
  await there(directory, { 'config.yaml': 'old\n' });
  await expect(putFiles([key(directory), config(directory)], { isForced: false })).rejects.toMatchObject({
    findings: [{ code: 'files-differ', files: [config(directory).file] }],
    exitCode: 1,
  });
  expect(await contentOf(directory)).toEqual({ 'config.yaml': 'old\n' });
});

test('replaces when it is forced, and keeps what was there', async ({ directory }) => {
  await there(directory, { 'cluster.key': 'old key\n', 'config.yaml': 'old\n' });
  await putFiles([key(directory), config(directory)], { isForced: true, now: NOW });
  expect(await contentOf(directory)).toEqual({
    ...{ 'cluster.key': 'new key\n', [`cluster.key${BEFORE}`]: 'old key\n' },
    ...{ 'config.yaml': 'new\n', [`config.yaml${BEFORE}`]: 'old\n' },
  });
});

test('takes a link that leads nowhere for something that is there', async ({ directory }) => {
  await there(directory, {});
  await symlink('/nowhere/config.yaml', config(directory).file);
  const put = async (isForced: boolean) => await putFiles([config(directory)], { isForced, now: NOW });
  await expect(put(false)).rejects.toMatchObject({ findings: [{ code: 'files-differ' }] });
  await put(true);
  expect(await readFile(config(directory).file, 'utf8')).toBe('new\n');
});

test('puts all back where the last one cannot be written', async ({ directory }) => {
  await there(directory, { 'cluster.key': 'old key\n' });
  // No second name for a directory.
  await mkdir(config(directory).file);
  const all = [
    key(directory),
    { ...config(directory), file: join(directory, 'etc', 'new') },
    config(directory),
  ];
  await expect(putFiles(all, { isForced: true, now: NOW })).rejects.toMatchObject({
    findings: [{ code: 'not-writable', place: config(directory).file }],
  });
  expect(await readdir(join(directory, 'etc'))).toEqual(['cluster.key', 'config.yaml']);
  expect(await readFile(key(directory).file, 'utf8')).toBe('old key\n');
});

test('keeps a copy from before, and is undone, when the copy is in the way', async ({ directory }) => {
  await there(directory, { 'cluster.key': 'old key\n', 'config.yaml': 'old\n' });
  await link(config(directory).file, `${config(directory).file}${BEFORE}`);
  await expect(
    putFiles([key(directory), config(directory)], { isForced: true, now: NOW }),
  ).rejects.toMatchObject({
    code: 'EEXIST',
  });
  expect(await contentOf(directory)).toEqual({
    ...{ 'cluster.key': 'old key\n', 'config.yaml': 'old\n', [`config.yaml${BEFORE}`]: 'old\n' },
  });
});

test('can be taken back', async ({ directory }) => {
  await there(directory, { 'config.yaml': 'old\n' });
  const { undo } = await putFiles([key(directory), config(directory)], { isForced: true });
  await undo();
  expect(await contentOf(directory)).toEqual({ 'config.yaml': 'old\n' });
});
