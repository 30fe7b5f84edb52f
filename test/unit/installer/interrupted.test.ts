// @module-tag slow
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, OK } from '../../../lib/base/outcome.ts';
import type { InstallOptions } from '../../../lib/installer/ending.ts';
import { prepare } from '../../../lib/installer/prepare.ts';
import { putInPlace } from '../../../lib/installer/put-in-place.ts';
import type { Bundle } from '../../../lib/lineage/bundle.ts';
import { bundleOfDeletion, idOfParcel } from '../../../lib/lineage/deletion.ts';
import type { Entry } from '../../../lib/state/journal.ts';
import { exists } from '../../../lib/system/read-file.ts';
import { inboxInProcess, serverOf, type InboxInProcess } from '../../support/installer/inbox-in-process.ts';
import { makeBundle, withFiles, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test as base, type Issued } from '../../support/lineage/certificates.ts';

const [A, B, OTHER] = ['a.example.test', 'b.example.test', 'c.example.test'] as const;
const HOUR_MS = 3_600_000;
const refused = failure({ code: 'web-server-test-failed', command: 'nginx -t', end: 'exit 1', said: [] });

interface Scene extends InboxInProcess {
  /** the one of A, which does not go on */
  readonly bundle: Bundle;
  readonly id: string;
  /** the one of B */
  readonly other: string;
  readonly issue: () => Promise<Issued>;
}

/** An installer was killed with A and B in place. Its web server refuses whatever is begun of A, if it is asked about it. */
const test = base.extend<{ readonly scene: Scene }>({
  scene: async ({ ca, directory }, use) => {
    const entry = join(directory, 'state', 'journal', `${A}.json`);
    const node = await inboxInProcess(directory, async () => ((await exists(entry)) ? refused : OK));
    const { configDir, options } = node;
    const soon = { notAfter: new Date(Date.now() + HOUR_MS) };
    const bundle = makeBundle(await ca.issue([A], soon), { configDir, lineage: A });
    const bundles = [bundle, makeBundle(await ca.issue([B]), { configDir, lineage: B })];
    for (const one of bundles) await node.deliver(one);
    for (const one of bundles) {
      const prepared = await prepare(idOfParcel(one), { ...one, stamp: null }, options);
      if (prepared.kind !== 'new') throw new Error(prepared.kind);
      await putInPlace(prepared.member, options);
    }
    const [id = '', other = ''] = bundles.map(idOfParcel);
    await use({ ...node, bundle, id, other, issue: async () => await ca.issue([OTHER]) });
  },
});

function withFullDisk(options: InstallOptions): InstallOptions {
  const { journal } = options.state;
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { errno: -28, code: 'ENOSPC' });
  const write: typeof journal.write = async (entry) => {
    if (entry.lineage === A) throw full;
    await journal.write(entry);
  };
  return { ...options, state: { ...options.state, journal: { ...journal, write } } };
}

const deletionOf = (lineage: string) => ({
  ...{ lineage, stamp: new Date().toISOString(), from: 'web1', isForced: false, isTrial: false },
});

const placeOf = ({ inbox, id }: Scene, part: 'bundles' | 'activated') => join(inbox, part, id);

/** How both have ended. */
async function endsOf({ state, id, other }: Scene) {
  const results = await Promise.all([id, other].map(state.results.of));
  return results.map((one) => [one?.lineage, one?.state, one?.findings.map(({ code }) => code)]);
}

/** What may have become of A's bundle since, how it ends then, and why. */
const WAYS: readonly (readonly [string, (scene: Scene) => Promise<InstallOptions | void>, string, string])[] =
  [
    [
      'cannot be read',
      async (scene) => await writeFile(join(placeOf(scene, 'bundles'), 'manifest.json'), '{'),
      ...(['refused', 'manifest-not-json'] as const),
    ],
    [
      'is gone',
      async (scene) => await rm(placeOf(scene, 'bundles'), { recursive: true }),
      ...(['rolled back', 'installer-was-interrupted'] as const),
    ],
    [
      'has a stamp that is none',
      async (scene) => await writeFile(placeOf(scene, 'activated'), 'yesterday'),
      ...(['refused', 'marker-invalid'] as const),
    ],
    [
      'has expired',
      async ({ options }) => ({ ...options, now: () => new Date(Date.now() + 2 * HOUR_MS) }),
      ...(['refused', 'leaf-expired'] as const),
    ],
    [
      'is replaced by what is not ours',
      async ({ bundle, deliver }) => await deliver(withFiles(bundle, { 'renewal.conf': '' })),
      ...(['refused', 'conf-not-ours'] as const),
    ],
    [
      'was deleted meanwhile',
      async ({ state }) => {
        const rest = { others: [], isPending: false, kept: null, backup: null, at: new Date().toISOString() };
        await state.records.writeDeletion({ ...deletionOf(A), ...rest });
      },
      ...(['refused', 'lineage-deleted'] as const),
    ],
    [
      'cannot be written',
      async ({ options }) => withFullDisk(options),
      ...(['failed', 'system-error'] as const),
    ],
  ];

test.for(WAYS)(
  'nothing is tested or reloaded with what an installer that was killed has begun, where its bundle %s',
  async ([, meanwhile, state, code], { scene }) => {
    await scene.install((await meanwhile(scene)) ?? scene.options);
    expect(await endsOf(scene)).toEqual([
      [A, state, expect.arrayContaining([code])],
      [B, 'installed', []],
    ]);
    expect((await readdir(join(scene.configDir, 'live'))).toSorted()).toEqual([B, 'certbot-ha-lineages']);
    expect(await readdir(join(scene.configDir, 'renewal'))).toEqual([`${B}.conf`]);
    expect(await scene.state.journal.list()).toEqual([]);
  },
);

test('what goes on with another web server is begun anew after the others', async ({ scene }) => {
  const { options, install, configDir } = scene;
  const [other, { webServer }] = [serverOf(async () => OK), options];
  await install({ ...options, webServerFor: (lineage) => (lineage === A ? other : webServer) });
  expect(await endsOf(scene)).toEqual([
    [A, 'installed', []],
    [B, 'installed', []],
  ]);
  expect((await readdir(join(configDir, 'live'))).toSorted()).toEqual([A, B, 'certbot-ha-lineages']);
});

test('what had been accepted is in use, whatever has become of its bundle', async ({ scene }) => {
  const { options, install, configDir, state } = scene;
  const entry = await state.journal.read(A);
  await state.journal.write({ ...(entry as Entry), phase: 'accepted' });
  await rm(placeOf(scene, 'bundles'), { recursive: true });
  await install({ ...options, webServerFor: () => serverOf(async () => OK) });
  expect(await endsOf(scene)).toEqual([
    [A, 'installed', ['installer-was-interrupted']],
    [B, 'installed', []],
  ]);
  expect((await readdir(join(configDir, 'live'))).toSorted()).toEqual([A, B, 'certbot-ha-lineages']);
});

test('a deletion that has come meanwhile is tested when they have ended', async ({ scene }) => {
  const { configDir, state, deliver, install, issue } = scene;
  const live = await writeIssuerTree(configDir, [await issue()], { lineage: OTHER });
  const deletion = bundleOfDeletion(deletionOf(OTHER));
  await deliver(deletion);
  await install();
  expect((await endsOf(scene)).map(([, state]) => state)).toEqual(['rolled back', 'installed']);
  expect(await state.results.of(idOfParcel(deletion))).toMatchObject({ state: 'deleted' });
  expect(await exists(live)).toBe(false);
});
