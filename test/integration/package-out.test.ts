// @module-tag slow
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CLONE } from '../lab/dist.ts';
import { run } from '../support/programs/program.ts';
import { expect, test } from '../support/temporary.ts';

const [DEB, RPM] = ['certbot-ha_1.0.0~rc.1_all.deb', 'certbot-ha-1.0.0-1.noarch.rpm'];

/** Files of these names, and the SHA256SUMS of some of them. */
async function fill(directory: string, names: readonly string[], listed: readonly string[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const name of names) await writeFile(join(directory, name), `${directory} ${name}\n`);
  await writeFile(
    join(directory, 'SHA256SUMS'),
    listed.map((name) => `${'0'.repeat(64)}  ${name}\n`).join(''),
  );
}

const bash = async (script: string, ...args: readonly string[]) =>
  await run(['bash', '-euc', `. packaging/out.sh; ${script}`, 'bash', ...args], { cwd: CLONE });

test.for([
  ['a file that no run has made', [DEB, 'notes.txt'], [DEB], "'notes.txt'"],
  ['the sums of something else', ['debian.iso'], ['debian.iso'], "'debian.iso'"],
  ['a hidden file', ['.git'], [], "'.git'"],
  ['a package that is not in the list', [DEB, RPM], [DEB], `'${RPM}'`],
  ['a name with a line in it', [`${DEB}\nx`], [DEB], `$'${DEB}\\nx'`],
] as const)('%s is not replaced', async ([, names, listed, first], { directory }) => {
  await fill(directory, names, listed);
  const before = (await readdir(directory)).toSorted();
  const said = `${directory} holds something other than packages: ${first}\n`;
  expect(await bash('check_out "$1"', directory)).toMatchObject({ code: 1, stdout: said, stderr: '' });
  expect((await readdir(directory)).toSorted()).toEqual(before);
});

test('package.sh refuses it before it makes anything', async ({ directory }) => {
  await fill(directory, ['notes.txt'], []);
  const ended = await run(['scripts/package.sh', '--built', '--out', directory], { cwd: CLONE });
  expect(ended).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^package: --out: .*'notes\.txt'\n$/),
  });
});

test('neither a directory that has the name of a package, nor a link, nor a file in place of the directory', async ({
  directory,
}) => {
  await fill(directory, [], [DEB, RPM]);
  await mkdir(join(directory, DEB));
  expect(await bash('check_out "$1"', directory)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining(DEB),
  });
  await rm(join(directory, DEB), { recursive: true });
  await symlink('SHA256SUMS', join(directory, RPM));
  expect(await bash('check_out "$1"', directory)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining(RPM),
  });
  const file = join(directory, 'SHA256SUMS');
  expect(await bash('check_out "$1"', file)).toMatchObject({ code: 1, stdout: `${file} is no directory\n` });
});

test('what a run has made is replaced by the next, of another version too', async ({ directory }) => {
  const [out, made] = [join(directory, 'out'), join(directory, 'made')];
  await fill(out, [DEB], [DEB, RPM]);
  await fill(made, [RPM], [RPM]);
  expect(await bash('check_out "$2" && put_out "$1" "$2"', made, out)).toMatchObject({
    code: 0,
    stdout: '',
    stderr: '',
  });
  expect((await readdir(out)).toSorted()).toEqual(['SHA256SUMS', RPM]);
  expect(await readFile(join(out, RPM), 'utf8')).toBe(`${made} ${RPM}\n`);
  expect(await bash('check_out "$1"', out)).toMatchObject({ code: 0, stdout: '' });
  // A first run, and one into an empty directory.
  expect(await bash('check_out "$1"', join(directory, 'absent'))).toMatchObject({ code: 0 });
  await mkdir(join(directory, 'empty'));
  expect(await bash('check_out "$1"', join(directory, 'empty'))).toMatchObject({ code: 0 });
});

test('what is not as in the commit is named, and goes in', async ({ directory }) => {
  const git = async (...argv: readonly string[]) =>
    await run(['git', '-c', 'user.name=x', '-c', 'user.email=x@x.test', ...argv], { cwd: directory });
  for (const name of ['packaging', 'scripts', 'package.json'])
    await cp(join(CLONE, name), join(directory, name), { recursive: true });
  await mkdir(join(directory, 'docs'));
  await writeFile(join(directory, 'scripts/debian-packages.sh'), '#!/bin/sh\n', { mode: 0o755 });
  await writeFile(join(directory, '.gitignore'), '*.log\ncluster.key\n');
  for (const argv of [
    ['init', '--quiet'],
    ['add', '.'],
    ['commit', '--quiet', '--message=first'],
  ])
    expect(await git(...argv)).toMatchObject({ code: 0 });
  const said = async () => (await run(['scripts/package.sh', '--built'], { cwd: directory })).stderr;
  const END = 'package: --built: dist/cli.js is not there; next: npm run build\n';
  // No package has a key that lies in the clone.
  await writeFile(join(directory, 'cluster.key'), '');
  expect(await said()).toBe(END);
  await writeFile(join(directory, 'docs/notes.log'), '');
  await writeFile(join(directory, 'docs/page.md'), '');
  await writeFile(join(directory, 'package.json'), '{"version":"1.0.0"}');
  expect(await said()).toBe(
    `package: not as in the commit: package.json docs/page.md docs/notes.log\n${END}`,
  );
});
