import { lstatSync, readdirSync, readFileSync, type Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import type { ClusterNode } from '../../lib/cluster/config.ts';
import type { Delivery } from '../../lib/transports/delivery.ts';
import { BUNDLE_FILES, type Bundle } from '../../lib/lineage/bundle.ts';
import type { InstallResult } from '../../lib/state/results.ts';
import { bodyOf, makeBundle, NAME, secretsOf, withFiles } from './bundle-maker.ts';
import { expect, test as base } from './certificates.ts';
import { endInstallation } from './installer-ending.ts';
import { treeOf } from './tree.ts';

/** A delivery and the peers it can be tried on. */
export interface DeliveryUnderTest {
  readonly delivery: Delivery;
  readonly peer: ClusterNode;
  /** the peer's */
  readonly inbox: string;
  /** nothing answers there, and what is said of it; null where no peer is asked */
  readonly down: { readonly delivery: Delivery; readonly peer: ClusterNode; readonly reason: RegExp } | null;
  /** accepts connections and never says a word */
  readonly hanging: { readonly delivery: Delivery; readonly peer: ClusterNode } | null;
  /** whether it can tell that a bundle is not there */
  readonly seesBundles: boolean;
  close(): Promise<void>;
}

const long = () => AbortSignal.timeout(20_000);

/** What every delivery keeps to (lib/transports/delivery.ts). */
export function describeDelivery(
  name: string,
  create: (directory: string) => Promise<DeliveryUnderTest>,
): void {
  const test = base.extend<{ readonly under: DeliveryUnderTest; readonly bundle: Bundle }>({
    under: async ({ directory }, use) => {
      const under = await create(directory);
      onTestFinished(async () => await under.close());
      await use(under);
    },
    bundle: async ({ ca }, use) =>
      await use(makeBundle(await ca.issue([NAME]), { configDir: '/etc/letsencrypt' })),
  });
  const idOf = ({ manifest }: Bundle) => manifest.leaf.sha256;

  describe(`the delivery ${name}`, () => {
    test('stages a whole bundle, for its owner alone, and does nothing else', async ({
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
    });

    test('lets nobody else read a key at any moment, whatever the umask', async ({
      directory,
      under,
      bundle,
    }) => {
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
    });

    test('activates by a marker alone, and may do so twice', async ({ under, bundle }) => {
      await under.delivery.stage(under.peer, bundle, long());
      const before = await treeOf(join(under.inbox, 'bundles'));
      expect(await readdir(join(under.inbox, 'activated'))).toEqual([]);
      for (let time = 0; time < 2; time += 1) {
        expect(await under.delivery.activate(under.peer, idOf(bundle), long())).toEqual({ isOk: true });
        expect(await treeOf(join(under.inbox, 'activated'))).toEqual([`${idOf(bundle)} 600 `]);
      }
      expect(await treeOf(join(under.inbox, 'bundles'))).toEqual(before);
    });

    test('may stage the same twice, and what comes later counts', async ({ under, bundle }) => {
      expect(await under.delivery.stage(under.peer, bundle, long())).toEqual({ isOk: true });
      const later = withFiles(bundle, { 'account/meta.json': '{"later": true}' });
      expect(await under.delivery.stage(under.peer, later, long())).toEqual({ isOk: true });
      const file = join(under.inbox, 'bundles', idOf(bundle), 'account/meta.json');
      expect(await readFile(file, 'utf8')).toBe('{"later": true}');
      expect(await readdir(join(under.inbox, 'bundles'))).toEqual([idOf(bundle)]);
    });

    test('may stage the same several times at once, as two nodes do that both sync', async ({
      under,
      bundle,
    }) => {
      const outcomes = await Promise.all(
        [1, 2, 3].map(async () => await under.delivery.stage(under.peer, bundle, long())),
      );
      expect(outcomes).toEqual([{ isOk: true }, { isOk: true }, { isOk: true }]);
      expect(await readdir(join(under.inbox, 'bundles'))).toEqual([idOf(bundle)]);
    });

    test('does not activate what has never come', async ({ under, skip }) => {
      if (!under.seesBundles) return skip(`${name} only carries; the installer refuses a marker alone`);
      const outcome = await under.delivery.activate(under.peer, 'a'.repeat(64), long());
      expect(outcome).toEqual({ isOk: false, reason: expect.stringMatching(/no bundle a{64}/) });
      expect(await readdir(join(under.inbox, 'activated'))).toEqual([]);
    });

    test('says soon and clearly that a peer is down', async ({ under: { down }, bundle, skip }) => {
      if (!down) return skip(`${name}: no peer is asked, so none can be down`);
      const startedMs = performance.now();
      const staged = await down.delivery.stage(down.peer, bundle, long());
      const activated = await down.delivery.activate(down.peer, idOf(bundle), long());
      expect(performance.now() - startedMs).toBeLessThan(5_000);
      for (const outcome of [staged, activated]) {
        expect(outcome).toEqual({ isOk: false, reason: expect.stringMatching(down.reason) });
      }
    });

    test('ends every call when its signal aborts', async ({ under: { hanging }, bundle, skip }) => {
      if (!hanging) return skip(`${name}: no peer is asked, so none can hang`);
      const { delivery, peer } = hanging;
      const startedMs = performance.now();
      const signal = AbortSignal.timeout(500);
      const [staged, activated, result] = await Promise.all([
        delivery.stage(peer, bundle, signal),
        delivery.activate(peer, idOf(bundle), signal),
        delivery.result(peer, idOf(bundle), signal),
      ]);
      expect(performance.now() - startedMs).toBeLessThan(2_500);
      expect([staged.isOk, activated.isOk, result]).toEqual([false, false, null]);
    });

    const endedWith = (bundle: Bundle, state: InstallResult['state'], ...messages: readonly string[]) =>
      ({
        id: idOf(bundle),
        lineage: NAME,
        state,
        messages,
        at: '2026-11-24T00:00:00Z',
      }) satisfies InstallResult;

    test('tells how the installer has ended', async ({ directory, under, bundle }) => {
      const { delivery, peer, inbox } = under;
      await delivery.stage(peer, bundle, long());
      await delivery.activate(peer, idOf(bundle), long());
      const waiting = delivery.result(peer, idOf(bundle), long());
      const ended = endedWith(
        bundle,
        'rolled back',
        'nginx -t: exit 1',
        '  nginx: [emerg] unknown directive',
      );
      await endInstallation(directory, inbox, ended);
      expect(await waiting).toEqual(ended);
    });

    test('takes no earlier answer for that of the last activation', async ({ directory, under, bundle }) => {
      const { delivery, peer, inbox } = under;
      for (const state of ['rolled back', 'installed'] as const) {
        await delivery.stage(peer, bundle, long());
        await delivery.activate(peer, idOf(bundle), long());
        const early = await delivery.result(peer, idOf(bundle), AbortSignal.timeout(1_000));
        expect(early?.state ?? 'failed').toBe('failed');
        await endInstallation(directory, inbox, endedWith(bundle, state));
        const answer = await delivery.result(peer, idOf(bundle), long());
        expect(answer).toEqual(endedWith(bundle, state));
      }
    });

    test('shows nothing of an answer that would move a cursor', async ({ directory, under, bundle }) => {
      const { delivery, peer, inbox } = under;
      await delivery.stage(peer, bundle, long());
      await delivery.activate(peer, idOf(bundle), long());
      const forged = endedWith(bundle, 'refused', 'a\u001b[2Jb\u009bc\u202ed\ne', 'é'.repeat(5_000));
      await endInstallation(directory, inbox, forged);
      expect(await delivery.result(peer, idOf(bundle), long())).toEqual(
        endedWith(bundle, 'refused', 'a [2Jb c d e', 'é'.repeat(1_000)),
      );
    });

    test('gives up waiting for a result when its signal aborts', async ({ under, bundle }) => {
      await under.delivery.stage(under.peer, bundle, long());
      await under.delivery.activate(under.peer, idOf(bundle), long());
      const startedMs = performance.now();
      const result = await under.delivery.result(under.peer, idOf(bundle), AbortSignal.timeout(300));
      // Some transports can tell that nobody has taken it.
      expect(result?.state ?? 'failed').toBe('failed');
      expect(performance.now() - startedMs).toBeLessThan(2_000);
    });

    test('shows no key in the list of processes', async ({ under: { hanging }, bundle, skip }) => {
      if (!hanging) return skip(`${name}: nothing is sent, so nothing can show`);
      const controller = new AbortController();
      const staging = hanging.delivery.stage(hanging.peer, bundle, controller.signal);
      const shown: string[] = [];
      for (let look = 0; look < 5; look += 1) {
        shown.push(...processes());
        await new Promise((resolve) => setImmediate(resolve));
      }
      controller.abort();
      const outcome = await staging;
      expect(shown.length).toBeGreaterThan(0);
      for (const secret of secretsOf(bundle)) {
        expect([...shown, JSON.stringify(outcome)].filter((line) => line.includes(secret))).toEqual([]);
      }
    });
  });
}

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

/** Arguments and environment of every process that can be seen. */
function processes(): readonly string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((pid) =>
      ['cmdline', 'environ'].flatMap((file) => {
        try {
          return [readFileSync(`/proc/${pid}/${file}`, 'utf8')];
        } catch {
          return []; // ended meanwhile, or another user's
        }
      }),
    );
}
