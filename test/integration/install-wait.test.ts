// @module-tag slow
import { readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { serialise, stageBundle } from '../../lib/inbox/stage.ts';
import type { Bundle } from '../../lib/lineage/bundle.ts';
import { eventually } from '../lab/eventually.ts';
import { bundleFor, expect, test } from '../support/installer/generations.ts';
import type { InstallerNode } from '../support/installer/node.ts';

const idOf = ({ manifest }: Bundle) => manifest.leaf.sha256;

async function stage(node: InstallerNode, bundle: Bundle): Promise<void> {
  await stageBundle(node.inbox, idOf(bundle), serialise(bundle));
  await node.giveAway();
}

/** Resolves when the installer has looked at the inbox and found nothing activated. */
async function hasLooked({ stateDir }: InstallerNode): Promise<void> {
  await eventually(async () => await readdir(stateDir), {
    until: (names) => names.includes('journal') && !names.includes('journal.lock'),
    ...{ timeoutMs: 10_000, what: 'the installer to have looked' },
  });
}

describe('an installer that is started when a bundle is staged', () => {
  test('installs it as soon as it is activated, and ends', async ({ node, issued }) => {
    const bundle = bundleFor(node, issued.next, 1);
    await stage(node, bundle);
    const installer = node.startInstall({}, '--wait', '60');
    await hasLooked(node);
    await node.activate(idOf(bundle));
    expect(await installer.ended).toMatchObject({ code: 0, stderr: '' });
    expect(await node.result(bundle)).toMatchObject({ state: 'installed' });
  });

  test('waits for the second one that is staged as well', async ({ node, issued }) => {
    const [first, second] = [bundleFor(node, issued.old, 1), bundleFor(node, issued.next, 2)];
    await stage(node, first);
    await stage(node, second);
    const installer = node.startInstall({}, '--wait', '60');
    for (const bundle of [first, second]) {
      await hasLooked(node);
      await node.activate(idOf(bundle));
      await eventually(async () => await node.result(bundle).catch(() => null), {
        until: (result) => result?.state === 'installed',
        ...{ timeoutMs: 10_000, what: 'the bundle to be installed' },
      });
    }
    expect(await installer.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('fails as a whole when what comes is refused', async ({ node, issued }) => {
    const bundle = bundleFor(node, issued.next, 1);
    await stage(node, bundle);
    await rm(join(node.inbox, 'bundles', idOf(bundle), 'chain.pem'));
    const installer = node.startInstall({}, '--wait', '60');
    await hasLooked(node);
    await node.activate(idOf(bundle));
    expect(await installer.ended).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('chain.pem: missing'),
    });
  });

  test('leaves it staged when nobody activates it within the time', async ({ node, issued }) => {
    const bundle = bundleFor(node, issued.next, 1);
    await stage(node, bundle);
    const installer = node.startInstall({}, '--wait', '1');
    expect(await installer.ended).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await readdir(join(node.inbox, 'bundles'))).toEqual([idOf(bundle)]);
  });

  test('ends at once when nothing is staged', async ({ node }) => {
    expect(await node.startInstall({}, '--wait', '3600').ended).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  test('does its work where nothing can be watched', async ({ node }) => {
    const markers = join(node.inbox, 'activated');
    await rm(markers, { recursive: true });
    await symlink(join(node.inbox, 'nowhere'), markers);
    await node.giveAway();
    expect(await node.startInstall({}, '--wait', '60').ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/activated: expected a directory; it has been removed/),
    });
  });

  test('ends when it is told to', async ({ node, issued }) => {
    await stage(node, bundleFor(node, issued.next, 1));
    const installer = node.startInstall({}, '--wait', '3600');
    await hasLooked(node);
    installer.child.kill('SIGTERM');
    expect(await installer.ended).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('an installer that watches', () => {
  test('says that there is no inbox to watch', async ({ node }) => {
    await rm(node.inbox, { recursive: true });
    expect(await node.startInstall({}, '--watch').ended).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /inbox\/activated: no such directory, so there is nothing to watch \[inbox-not-watchable\]\n.*install -d -m 0700 -o certbot-ha -g certbot-ha \S+\/inbox \S+\/inbox\/bundles/,
      ),
    });
  });

  test('installs what is there and what comes', async ({ node, issued }) => {
    const [first, second] = [bundleFor(node, issued.old, 1), bundleFor(node, issued.next, 2)];
    await node.deliver(first);
    const installer = node.startInstall({}, '--watch');
    await installer.says(/\): installed\n/);
    await node.deliver(second);
    await installer.says(/\): installed\n[^]*\): installed\n/);
    installer.child.kill('SIGTERM');
    expect(await installer.ended).toMatchObject({ code: 0, stderr: '' });
  });
});
