// @module-tag slow
import { chmod, chown, lstat, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { bundleFor, expect, test } from '../support/installer/generations.ts';
import { run } from '../support/programs/program.ts';
import { treeOf } from '../support/tree.ts';

describe('an inbox', () => {
  test('that is not there is one that nothing has come to', async ({ node }) => {
    await rm(node.inbox, { recursive: true });
    expect(await node.install()).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('keeps a bundle that has not been activated', async ({ node, issued }) => {
    const bundle = bundleFor(node, issued.next, 1);
    await node.deliver(bundle);
    await rm(join(node.inbox, 'activated', bundle.manifest.leaf.sha256));
    expect(await node.install()).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await readdir(join(node.inbox, 'bundles'))).toEqual([bundle.manifest.leaf.sha256]);
  });

  test('with a marker without a bundle says so once, and is empty', async ({ node }) => {
    const id = 'a'.repeat(64);
    await writeFile(join(node.inbox, 'activated', id), '');
    await node.giveAway();
    expect(await node.install()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/a marker without a bundle/),
    });
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
  });

  test('does not forget how an installation ended whose marker alone is left', async ({ node, issued }) => {
    const bundle = bundleFor(node, issued.next, 1);
    await node.deliver(bundle);
    await node.install();
    await writeFile(join(node.inbox, 'activated', bundle.manifest.leaf.sha256), '');
    await node.giveAway();
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
    expect(await node.result(bundle)).toMatchObject({ state: 'installed' });
  });

  test('loses markers that are none, with a word for each', async ({ node }) => {
    const markers = join(node.inbox, 'activated');
    await writeFile(join(markers, 'README'), '');
    await writeFile(join(markers, `${'a'.repeat(64)}.old`), '');
    await writeFile(join(markers, 'x\ny'), '');
    await mkdir(join(markers, 'deep', 'er'), { recursive: true });
    await symlink('/etc', join(markers, 'link'));
    await run(['sh', '-c', 'touch "$1/$(printf \'\\377\')"', 'sh', markers]);
    await node.giveAway();
    const { code, stderr } = await node.install();
    expect(code).toBe(1);
    expect(stderr.match(/not the name of a bundle: /g)).toHaveLength(6);
    expect(stderr).toContain('not the name of a bundle: "x\\ny"');
    expect((await lstat('/etc')).isDirectory()).toBe(true);
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
  });

  test('is rid of a marker that not even its owner can remove, and keeps the others', async ({
    node,
    issued,
    skip,
  }) => {
    if (process.getuid?.() !== 0) return skip('without root there is nobody who could');
    const bundle = bundleFor(node, issued.next, 1);
    const shut = join(node.inbox, 'activated', 'shut');
    await mkdir(join(shut, 'in it'), { recursive: true });
    await node.deliver(bundle);
    await chmod(shut, 0);
    expect(await node.install()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not the name of a bundle: "shut"'),
    });
    expect(await node.result(bundle)).toMatchObject({ state: 'installed' });
    expect(await readdir(join(node.inbox, 'activated'))).toEqual([]);
    expect(await readdir(join(node.stateDir, 'backup'))).toEqual([expect.stringMatching(/^refused-shut-/)]);
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
  });

  test('lets rsync finish the marker that it is writing', async ({ node }) => {
    const marker = join(node.inbox, 'activated', `.${'a'.repeat(64)}.x1Y2z3`);
    await writeFile(marker, '');
    await node.giveAway();
    expect(await node.install()).toMatchObject({ code: 0, stdout: '', stderr: '' });
    await expect(lstat(marker)).resolves.toBeDefined();
  });

  test('loses no bundle for a marker that is odd', async ({ node, issued }) => {
    const bundle = bundleFor(node, issued.next, 1);
    await node.deliver(bundle);
    await writeFile(join(node.inbox, 'activated', 'odd'), '');
    await node.giveAway();
    expect(await node.install()).toMatchObject({ code: 1 });
    expect(await node.result(bundle)).toMatchObject({ state: 'installed' });
  });

  test('whose directory of markers is swapped for a link takes nothing of where that leads', async ({
    node,
    directory,
  }) => {
    const precious = join(directory, 'precious');
    await mkdir(join(precious, 'deep'), { recursive: true });
    await writeFile(join(precious, 'file'), 'kept');
    await writeFile(join(precious, 'a'.repeat(64)), 'kept');
    const before = await treeOf(precious);
    const markers = join(node.inbox, 'activated');
    await rm(markers, { recursive: true });
    await symlink(precious, markers);
    await node.giveAway();
    expect(await node.install()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/activated: expected a directory; it has been removed/),
    });
    expect(await treeOf(precious)).toEqual(before);
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
  });

  test('whose bundles are swapped for a link takes nothing of where that leads', async ({
    node,
    issued,
    directory,
    skip,
  }) => {
    if (process.getuid?.() !== 0) return skip("without root the link leads to what is the same user's own");
    const bundle = bundleFor(node, issued.next, 1);
    const id = bundle.manifest.leaf.sha256;
    await node.deliver(bundle);
    const precious = join(directory, 'precious');
    await rename(join(node.inbox, 'bundles'), precious);
    await symlink(precious, join(node.inbox, 'bundles'));
    await chown(precious, 0, 0);
    await chown(join(precious, id), 0, 0);
    const before = await treeOf(precious);
    expect(await node.install()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/bundles: expected a directory/),
    });
    expect(await treeOf(precious)).toEqual(before);
  });

  test('that is a link itself is an error of the configuration', async ({ node, directory }) => {
    await rename(node.inbox, join(directory, 'elsewhere'));
    await symlink(join(directory, 'elsewhere'), node.inbox);
    expect(await node.install()).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/inbox: expected a directory/),
    });
  });
});
