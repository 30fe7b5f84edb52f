import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, onTestFinished, vi } from 'vitest';
import type { Bundle } from '../../../lib/lineage/bundle.ts';
import { expireStaged, inboxAt } from '../../../lib/inbox/take.ts';
import { markActivated, serialise, stageBundle } from '../../../lib/inbox/stage.ts';
import { hasStaged } from '../../../lib/inbox/staged.ts';
import { makeBundle, withFiles } from '../../support/lineage/bundle.ts';
import { putNoFile } from '../../support/strange/no-file.ts';
import { expect, test as base } from '../../support/lineage/certificates.ts';

/** Whatever was staged, even at this moment, is older. */
const OVER = -1;
const HOUR_MS = 3_600_000;
const test = base.extend<{ readonly bundle: Bundle }>({
  bundle: async ({ ca }, use) =>
    await use(makeBundle(await ca.issue(['a.example.test']), { configDir: '/etc/letsencrypt' })),
});
const idOf = ({ manifest }: Bundle) => manifest.leaf.sha256;

describe('a bundle that is staged', () => {
  test('stays where it is when the same comes again, and counts as new', async ({ directory, bundle }) => {
    const place = join(directory, 'bundles', idOf(bundle));
    await stageBundle(directory, idOf(bundle), serialise(bundle));
    const before = await stat(place);
    await utimes(place, 1, 1);
    await stageBundle(directory, idOf(bundle), serialise(bundle));
    const after = await stat(place);
    expect(after.ino).toBe(before.ino);
    expect(after.mtimeMs).toBeGreaterThan(1_000);
    expect(await readdir(join(directory, 'bundles'))).toEqual([idOf(bundle)]);
  });

  test('is replaced when another one of that leaf comes', async ({ directory, bundle }) => {
    await stageBundle(directory, idOf(bundle), serialise(bundle));
    await stageBundle(
      directory,
      idOf(bundle),
      serialise(withFiles(bundle, { 'account/meta.json': '{"later": true}' })),
    );
    const file = join(directory, 'bundles', idOf(bundle), 'account/meta.json');
    expect(await readFile(file, 'utf8')).toBe('{"later": true}');
  });

  test('takes the place of one whose manifest is a pipe, and waits for nobody', async ({
    directory,
    bundle,
  }) => {
    const manifest = join(directory, 'bundles', idOf(bundle), 'manifest.json');
    await mkdir(dirname(manifest), { recursive: true });
    await putNoFile('pipe', manifest);
    await stageBundle(directory, idOf(bundle), serialise(bundle));
    expect(JSON.parse(await readFile(manifest, 'utf8'))).toEqual(bundle.manifest);
  });

  test('may be sent by several nodes at once, each with a manifest of its own', async ({
    directory,
    bundle,
  }) => {
    const { files } = serialise(bundle);
    for (let round = 0; round < 30; round += 1) {
      const senders = ['web1', 'web2', 'web3'].map((from) => JSON.stringify({ from, round }));
      await Promise.all(
        senders.map(async (manifest) => await stageBundle(directory, idOf(bundle), { manifest, files })),
      );
      expect(await readdir(join(directory, 'bundles'))).toEqual([idOf(bundle)]);
    }
  });

  test('is there for whoever activates it while another node sends it as well', async ({
    directory,
    bundle,
  }) => {
    const { files } = serialise(bundle);
    await stageBundle(directory, idOf(bundle), { manifest: '{}', files });
    const found: boolean[] = [];
    for (let round = 0; round < 30; round += 1) {
      const staging = { isOver: false };
      const staged = stageBundle(directory, idOf(bundle), { manifest: JSON.stringify({ round }), files });
      void staged.finally(() => (staging.isOver = true));
      while (!staging.isOver) found.push(await markActivated(directory, idOf(bundle)));
      await staged;
    }
    expect(found.filter((isThere) => !isThere)).toEqual([]);
  });

  test('is waited for as long as it is new and not activated', async ({ directory, bundle }) => {
    const isWaitedFor = async (ageMs: number) => await hasStaged(directory, HOUR_MS, Date.now() + ageMs);
    expect(await isWaitedFor(0)).toBe(false);
    await stageBundle(directory, idOf(bundle), serialise(bundle));
    expect([await isWaitedFor(0), await isWaitedFor(2 * HOUR_MS)]).toEqual([true, false]);
    await markActivated(directory, idOf(bundle));
    expect(await isWaitedFor(0)).toBe(false);
  });

  test('goes away after its time, unless it was activated', async ({ directory, bundle }) => {
    const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    const inbox = inboxAt(directory, owner, join(directory, 'aside'));
    const other = 'b'.repeat(64);
    for (const id of [idOf(bundle), other]) await stageBundle(directory, id, serialise(bundle));
    await markActivated(directory, other);
    // Whoever takes them away has another clock than the file server.
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const nowMs = Date.now();
    for (const aheadMs of [0, 61 * 60_000, -61 * 60_000]) {
      vi.setSystemTime(nowMs + aheadMs);
      await expireStaged(inbox, HOUR_MS);
      expect(await readdir(join(directory, 'bundles'))).toHaveLength(2);
    }
    // Still 61 minutes behind.
    await expireStaged(inbox, OVER);
    expect(await readdir(join(directory, 'bundles'))).toEqual([other]);
    await writeFile(join(directory, 'bundles', 'a file'), '');
    await expireStaged(inbox, OVER);
    expect(await readdir(join(directory, 'bundles'))).toEqual([other]);
  });
});
