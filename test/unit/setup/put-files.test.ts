import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
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

test('takes no right back that somebody has taken, and adds none', async ({ directory }) => {
  await there(directory, { 'config.yaml': 'new\n' });
  await chmod(config(directory).file, 0o640);
  const { lines } = await putFiles([config(directory)], { isForced: true });
  expect(lines).toEqual([`already there: ${config(directory).file}`]);
  expect((await stat(config(directory).file)).mode & 0o777).toBe(0o640);
});

test('lets the group read what is for it', async ({ directory }) => {
  await there(directory, { 'cluster.key': 'new key\n' });
  await chmod(key(directory).file, 0o600);
  await putFiles([key(directory)], { isForced: false });
  expect((await stat(key(directory).file)).mode & 0o777).toBe(0o640);
});

test('a link stays a link, and what it leads to gets its rights', async ({ directory }) => {
  await there(directory, { target: 'new\n' });
  await symlink('target', config(directory).file);
  await chmod(join(directory, 'etc', 'target'), 0o666);
  await putFiles([config(directory)], { isForced: false });
  expect((await lstat(config(directory).file)).isSymbolicLink()).toBe(true);
  expect((await stat(config(directory).file)).mode & 0o777).toBe(0o644);
});

test.runIf(GID === 0)(
  'gives a key to root that another user owns, and can take that back',
  async ({ directory }) => {
    await there(directory, { 'cluster.key': 'new key\n' });
    const { file } = key(directory);
    await chown(file, 1000, 1000);
    await chmod(file, 0o644);
    const rights = async () => {
      const { uid, gid, mode } = await stat(file);
      return [uid, gid, mode & 0o777];
    };
    const { undo } = await putFiles([{ ...key(directory), uid: 0 }], { isForced: false });
    expect(await rights()).toEqual([0, 0, 0o640]);
    expect(await undo()).toEqual([]);
    expect(await rights()).toEqual([1000, 1000, 0o644]);
  },
);

test('makes directories that everybody may enter, whatever the umask, and takes them away again', async ({
  directory,
}) => {
  const file = join(directory, 'a', 'b', 'config.yaml');
  const before = process.umask(0o077);
  onTestFinished(() => void process.umask(before));
  const { undo } = await putFiles([{ ...config(directory), file }], { isForced: false });
  for (const made of ['a', 'a/b']) expect((await stat(join(directory, made))).mode & 0o777).toBe(0o755);
  expect(await undo()).toEqual([]);
  expect(await readdir(directory)).toEqual([]);
});

test('of several at the same time one puts its files in place, and the others none', async ({
  directory,
}) => {
  const contents = ['a', 'b', 'c', 'd'];
  const ends = await Promise.allSettled(
    contents.map(async (content) => {
      const files = [key(directory, `${content} key\n`), config(directory, `${content}\n`)];
      return await putFiles(files, { isForced: false });
    }),
  );
  const winner = contents.filter((_, index) => ends[index]?.status === 'fulfilled');
  expect(winner).toHaveLength(1);
  expect(await contentOf(directory)).toEqual({
    ...{ 'cluster.key': `${winner[0]} key\n`, 'config.yaml': `${winner[0]}\n` },
  });
  for (const end of ends.filter(({ status }) => status === 'rejected')) {
    expect(end).toMatchObject({ reason: { findings: [{ code: 'files-differ' }] } });
  }
});

test('what is to be kept is not replaced by force either', async ({ directory }) => {
  await there(directory, { 'cluster.key': 'key of another\n' });
  const files = [{ ...key(directory), isKept: true }, config(directory)];
  await expect(putFiles(files, { isForced: true })).rejects.toMatchObject({
    findings: [{ code: 'written-meanwhile', file: key(directory).file }],
  });
  expect(await contentOf(directory)).toEqual({ 'cluster.key': 'key of another\n' });
});

test('tells what could not be put back', async ({ directory }) => {
  const { undo } = await putFiles([key(directory), config(directory)], { isForced: false });
  const { file } = config(directory);
  await rm(file);
  await mkdir(file);
  expect(await undo()).toEqual([{ code: 'not-undone', file, error: expect.any(String) }]);
  expect(await readdir(join(directory, 'etc'))).toEqual(['config.yaml']);
});
