import { lstatSync, readdirSync, readFileSync, type Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { BUNDLE_FILES } from '../../../../lib/lineage/bundle.ts';
import { bodyOf, withFiles } from '../../lineage/bundle.ts';
import { treeOf } from '../../tree.ts';
import { idOf, long, type DeliveryCases } from './case.ts';

export const STAGING: DeliveryCases = {
  'stages a whole bundle, for its owner alone, and does nothing else': async ({
    directory,
    under,
    bundle,
  }) => {
    const before = new Set(await treeOf(directory));
    expect(await under.delivery.stage(under.peer, bundle, long())).toEqual({ isOk: true });
    const root = join(under.inbox, 'bundles', idOf(bundle));
    for (const [path, content] of Object.entries(bundle.files)) {
      expect([path, await readFile(join(root, path), 'utf8')]).toEqual([path, content]);
    }
    expect(JSON.parse(await readFile(join(root, 'manifest.json'), 'utf8'))).toEqual(bundle.manifest);
    const added = (await treeOf(directory))
      .filter((line) => !before.has(line))
      .map((line) => line.split(' ', 2));
    const where = root.slice(directory.length + 1);
    expect(Object.fromEntries(added)).toEqual({
      [where]: '700',
      [join(where, 'account')]: '700',
      ...Object.fromEntries(
        [...Object.keys(BUNDLE_FILES), 'manifest.json'].map((path) => [join(where, path), '600']),
      ),
    });
  },

  'lets nobody else read a key at any moment, whatever the umask': async ({ directory, under, bundle }) => {
    const mask = process.umask(0);
    onTestFinished(() => void process.umask(mask));
    const over = new AbortController();
    const staging = under.delivery.stage(under.peer, bundle, long()).finally(() => over.abort());
    const [secret = ''] = bodyOf(bundle.files['privkey.pem']);
    let looks = 0;
    for (; !over.signal.aborted; looks += 1) {
      expect(openKeys(directory, secret)).toEqual([]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await staging).toEqual({ isOk: true });
    expect(looks).toBeGreaterThan(2);
  },

  'may stage the same twice, and what comes later counts': async ({ under, bundle }) => {
    expect(await under.delivery.stage(under.peer, bundle, long())).toEqual({ isOk: true });
    const later = withFiles(bundle, { 'account/meta.json': '{"later": true}' });
    expect(await under.delivery.stage(under.peer, later, long())).toEqual({ isOk: true });
    const file = join(under.inbox, 'bundles', idOf(bundle), 'account/meta.json');
    expect(await readFile(file, 'utf8')).toBe('{"later": true}');
    expect(await readdir(join(under.inbox, 'bundles'))).toEqual([idOf(bundle)]);
  },

  'may stage the same several times at once, as two nodes do that both sync': async ({ under, bundle }) => {
    const outcomes = await Promise.all(
      [1, 2, 3].map(async () => await under.delivery.stage(under.peer, bundle, long())),
    );
    expect(outcomes).toEqual([{ isOk: true }, { isOk: true }, { isOk: true }]);
    expect(await readdir(join(under.inbox, 'bundles'))).toEqual([idOf(bundle)]);
  },
};

function entriesIn(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true });
  } catch {
    return []; // a directory went away while it was read; the next look follows at once
  }
}

/** Files that hold the secret and that somebody else may read, were the directories open to him. */
function openKeys(directory: string, secret: string): readonly string[] {
  const found: string[] = [];
  for (const entry of entriesIn(directory)) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    try {
      if ((lstatSync(file).mode & 0o077) !== 0 && readFileSync(file, 'utf8').includes(secret))
        found.push(file);
    } catch {
      // renamed or removed since it was listed
    }
  }
  return found;
}
