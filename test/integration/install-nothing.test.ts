// @module-tag slow
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { NAME, writeIssuerTree } from '../support/lineage/bundle.ts';
import { bundleFor, expect, test } from '../support/installer/generations.ts';
import { treeOf } from '../support/tree.ts';

test('an installer whose inbox is empty loads neither sockets nor what starts programs', async ({
  node,
  directory,
}) => {
  const [preload, list] = [join(directory, 'preload.cjs'), join(directory, 'loaded.json')];
  await writeFile(
    preload,
    `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(list)}, JSON.stringify(process.moduleLoadList)));`,
  );
  expect(await node.install({ NODE_OPTIONS: `--require ${preload}` })).toMatchObject({ code: 0, stderr: '' });
  const loaded = JSON.parse(await readFile(list, 'utf8')) as readonly string[];
  expect(loaded).toContain('NativeModule fs');
  expect(loaded.filter((name) => /^NativeModule (?:child_process|dgram|net|tls|tty)$/.test(name))).toEqual(
    [],
  );
});

describe('an installer that changes nothing', () => {
  test('writes nothing for the leaf that is there, says that it is, and reloads', async ({
    node,
    issued,
  }) => {
    await writeIssuerTree(node.configDir, [issued.old, issued.next]);
    const before = await treeOf(node.configDir);
    const bundle = bundleFor(node, issued.next, 7);
    await node.deliver(bundle);
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
    expect(await node.result(bundle)).toMatchObject({ state: 'unchanged', messages: [] });
    // But that it is here: its record is the first on this node.
    const [list, ...none] = (await treeOf(node.configDir)).filter((line) => !before.includes(line));
    expect([list, none]).toEqual([expect.stringMatching(/^live\/certbot-ha-lineages 644 /), []]);
    expect((await treeOf(node.configDir)).filter((line) => line !== list)).toEqual(before);
    expect(await node.verbs()).toEqual(['test', 'reload']);
    expect(await node.installed()).toMatchObject([{ lineage: NAME, leaf: bundle.manifest.leaf }]);
  });

  test('refuses what is older than what is there, whatever its number', async ({ node, issued }) => {
    await writeIssuerTree(node.configDir, [issued.next]);
    const before = await treeOf(node.configDir);
    const bundle = bundleFor(node, issued.old, 9);
    await node.deliver(bundle);
    expect(await node.install()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/older than what is installed/),
    });
    expect(await node.result(bundle)).toMatchObject({
      state: 'refused',
      messages: [
        expect.stringMatching(
          /^www\.example\.test: older than what is installed: issued 20.*Z, the installed one 20.*Z \[older-than-installed\]$/,
        ),
      ],
    });
    expect(await treeOf(node.configDir)).toEqual(before);
  });

  test("touches nothing where live is not of certbot's making", async ({ node, issued }) => {
    await writeIssuerTree(node.configDir, [issued.old]);
    const own = join(node.configDir, 'live', NAME);
    await writeFile(`${own}-key.pem`, 'the only copy');
    await rename(`${own}-key.pem`, join(own, 'privkey.pem'));
    const before = await treeOf(node.configDir);
    await node.deliver(bundleFor(node, issued.next, 2));
    expect(await node.install()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/privkey\.pem: expected a link into archive\//),
    });
    expect(await treeOf(node.configDir)).toEqual(before);
  });

  test('lets a bundle go that this host cannot write, and says why', async ({ node, issued }) => {
    await writeFile(join(node.configDir, 'archive'), 'a file in the way');
    const bundle = bundleFor(node, issued.next, 1);
    await node.deliver(bundle);
    expect(await node.install()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/: failed\ncertbot-ha: {3}E(?:EXIST|NOTDIR)/),
    });
    expect(await node.result(bundle)).toMatchObject({ state: 'failed' });
    expect(await readdir(join(node.inbox, 'activated'))).toEqual([]);
  });
});
