// @module-tag slow
import { watch } from 'node:fs';
import { chown, lstat, mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { bundleFor, expect, test as base } from '../support/installer/generations.ts';
import { AGENT_UID, type InstallerNode } from '../support/installer/node.ts';
import { treeOf } from '../support/tree.ts';

/** What is done about the answers in the inbox of a node whose peers send by rsync. */
const test = base.extend<{ readonly sent: { readonly node: InstallerNode; readonly id: string } }>({
  sent: async ({ node, issued }, use) => {
    await node.configure({}, { transport: 'rsync' });
    const bundle = bundleFor(node, issued.next, 1);
    await node.deliver(bundle);
    await use({ node, id: bundle.manifest.leaf.sha256 });
  },
});
const resultsOf = ({ inbox }: InstallerNode) => join(inbox, 'results');
const outboxOf = async ({ stateDir }: InstallerNode, id: string) =>
  await readFile(join(stateDir, 'outbox', `${id}.json`), 'utf8');

describe('the answer in the inbox', () => {
  test("is the installer's, and belongs to the inbox's owner alone", async ({ sent: { node, id } }) => {
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
    const file = join(resultsOf(node), `${id}.json`);
    expect(await readFile(file, 'utf8')).toBe(await outboxOf(node, id));
    for (const [path, mode] of [
      [resultsOf(node), 0o40700],
      [file, 0o100600],
    ] as const)
      expect(await lstat(path)).toMatchObject({ uid: AGENT_UID, gid: AGENT_UID, mode });
  });

  test('says why a bundle is refused as well', async ({ sent: { node, id } }) => {
    await rm(join(node.inbox, 'bundles', id), { recursive: true });
    expect(await node.install()).toMatchObject({ code: 1 });
    const file = join(resultsOf(node), `${id}.json`);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
      state: 'refused',
      messages: ['a marker without a bundle [marker-without-bundle]'],
    });
  });

  test('is there before the marker goes', async ({ sent: { node, id } }) => {
    await mkdir(resultsOf(node));
    await node.giveAway();
    const events: string[] = [];
    // One inotify queue for both, so their order is the order of what happened.
    const watchers = ['results', 'activated'].map((name) =>
      watch(join(node.inbox, name), (event, file) => events.push(`${name} ${event} ${file}`)),
    );
    await node.install();
    await eventually(async () => events.includes(`activated rename ${id}`), {
      ...{ timeoutMs: 5_000, everyMs: 20, what: 'the marker to go' },
    });
    for (const watcher of watchers) watcher.close();
    expect(events.at(-1)).toBe(`activated rename ${id}`);
    expect(events.slice(0, -1)).toContain(`results change ${id}.json`);
  });

  test('takes the place of the one before, and of whatever else lies there', async ({
    sent: { node, id },
    directory,
  }) => {
    const precious = join(directory, 'precious');
    await writeFile(precious, 'kept');
    await mkdir(join(resultsOf(node), `${id}.json`, 'deep'), { recursive: true });
    await symlink(precious, join(resultsOf(node), `${id}.json`, 'deep/link'));
    await node.giveAway();
    await node.install();
    const file = join(resultsOf(node), `${id}.json`);
    expect(await readFile(file, 'utf8')).toBe(await outboxOf(node, id));
    await rm(file);
    await symlink(precious, file);
    await writeFile(join(node.inbox, 'activated', id), '');
    await node.giveAway();
    await node.install();
    expect((await lstat(file)).isFile()).toBe(true);
    expect(await readFile(precious, 'utf8')).toBe('kept');
  });

  test('is written nowhere that its owner may not write', async ({ sent: { node, id }, directory, skip }) => {
    if (process.getuid?.() !== 0) return skip("without root the link leads to what is the same user's own");
    const precious = join(directory, 'precious');
    await mkdir(precious);
    await writeFile(join(precious, `${id}.json`), 'kept');
    for (let index = 0; index < 120; index += 1) await writeFile(join(precious, `${index}`), 'kept');
    const before = await treeOf(precious);
    await symlink(precious, resultsOf(node));
    await chown(precious, 0, 0);
    await node.giveAway();
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
    expect(await treeOf(precious)).toEqual(before);
  });

  test.for([
    ['a link that leads to itself', async (path: string) => await symlink(path, path)],
    ['a file', async (path: string) => await writeFile(path, '')],
  ] as const)('can be kept from being left by %s, and no more', async ([, make], { sent: { node, id } }) => {
    await make(resultsOf(node));
    await node.giveAway();
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(await outboxOf(node, id))).toMatchObject({ state: 'installed' });
    expect(await readdir(join(node.inbox, 'activated'))).toEqual([]);
  });

  test('is none, rather than the one before, where how it ended cannot be written down', async ({
    sent: { node, id },
  }) => {
    await node.install();
    await rm(join(node.stateDir, 'outbox'), { recursive: true });
    await writeFile(join(node.stateDir, 'outbox'), 'in the way');
    await writeFile(join(node.inbox, 'activated', id), '');
    await node.giveAway();
    expect(await node.install()).toMatchObject({ code: 1 });
    expect(await readdir(join(node.inbox, 'activated'))).toEqual([]);
    expect(await readdir(resultsOf(node))).toEqual([]);
  });

  test('is one of the newest hundred', async ({ sent: { node, id } }) => {
    await mkdir(resultsOf(node));
    for (let index = 0; index < 120; index += 1) {
      const file = join(resultsOf(node), `${index}`.padStart(64, 'a'));
      await writeFile(file, '');
      // Also one that claims to be of tomorrow is older than what has just been left.
      await utimes(file, new Date(), Date.now() / 1000 + 86_400 + index);
    }
    await node.giveAway();
    await node.install();
    const left = await readdir(resultsOf(node));
    expect(left).toHaveLength(100);
    expect(left).toContain(`${id}.json`);
    expect(left).not.toContain('20'.padStart(64, 'a'));
    expect(left).toContain('21'.padStart(64, 'a'));
  });

  test('is not left where the agent tells', async ({ sent: { node } }) => {
    await node.configure();
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
    expect(await readdir(node.inbox)).not.toContain('results');
  });
});
