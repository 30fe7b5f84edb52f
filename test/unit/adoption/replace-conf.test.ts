import { chmod, chown, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backUp, replaceConf } from '../../../lib/adoption/replace-conf.ts';
import { start } from '../../support/programs/program.ts';
import { expect, test } from '../../support/temporary.ts';
import { onTestFinished } from 'vitest';

const placeIn = (directory: string) => ({
  file: join(directory, 'renewal/a.test.conf'),
  configDir: directory,
  stateDir: join(directory, 'state'),
});

async function written(directory: string) {
  const place = placeIn(directory);
  await mkdir(join(directory, 'renewal'));
  await writeFile(place.file, 'before\n');
  return place;
}

test('a configuration is replaced behind its link, with its mode and owner', async ({ directory }) => {
  const place = await written(directory);
  const elsewhere = join(directory, 'elsewhere.conf');
  await rename(place.file, elsewhere);
  await symlink('../elsewhere.conf', place.file);
  await chmod(elsewhere, 0o640);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await chown(elsewhere, 12_345, 23_456);
  const backup = await backUp(place, 'before\n', new Date('2027-02-03T04:05:06.789Z'));
  await replaceConf(place, 'before\n', 'after\n');
  expect(backup.file).toBe(`${elsewhere}.before-20270203T040506.789Z`);
  for (const [file, text] of [
    [elsewhere, 'after\n'],
    [backup.file, 'before\n'],
  ] as const) {
    expect(await readFile(file, 'utf8')).toBe(text);
    const { mode, uid, gid } = await stat(file);
    expect(mode & 0o777).toBe(0o640);
    if (isRoot) expect([uid, gid]).toEqual([12_345, 23_456]);
  }
  expect(await readdir(join(directory, 'renewal'))).toEqual(['a.test.conf']);
  await backup.remove();
  expect((await readdir(directory)).toSorted()).toEqual(['elsewhere.conf', 'renewal', 'state']);
});

test('one that has been changed meanwhile stays as it is', async ({ directory }) => {
  const place = await written(directory);
  await expect(replaceConf(place, 'other\n', 'after\n')).rejects.toMatchObject({
    findings: [{ code: 'written-meanwhile', file: place.file }],
  });
  expect(await readFile(place.file, 'utf8')).toBe('before\n');
});

test('nothing is written while certbot works on the directory', async ({ directory }) => {
  const place = await written(directory);
  const script = join(directory, 'certbot');
  await writeFile(
    script,
    'import fcntl, sys, time\nlock = open(sys.argv[1], "w")\nfcntl.lockf(lock, fcntl.LOCK_EX)\nprint("locked", flush=True)\ntime.sleep(60)\n',
  );
  const certbot = start(['python3', script, join(directory, '.certbot.lock')]);
  onTestFinished(async () => await certbot.kill());
  await certbot.says(/locked/);
  await expect(replaceConf(place, 'before\n', 'after\n')).rejects.toMatchObject({
    findings: [{ code: 'certbot-at-work', configDir: directory, pid: certbot.pid }],
  });
  expect(await readFile(place.file, 'utf8')).toBe('before\n');
  await certbot.kill();
  await replaceConf(place, 'before\n', 'after\n');
  expect(await readFile(place.file, 'utf8')).toBe('after\n');
});
