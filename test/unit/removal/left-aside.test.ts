import { transportsOf } from '../../../lib/cluster/abilities.ts';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OK } from '../../../lib/base/outcome.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import { deleteEverywhere } from '../../../lib/rollout/delete-everywhere.ts';
import { sync } from '../../../lib/rollout/sync.ts';
import { asideOf } from '../../../lib/removal/aside.ts';
import { exists } from '../../../lib/system/read-file.ts';
import { inboxInProcess, type InboxInProcess } from '../../support/installer/inbox-in-process.ts';
import { makeBundle, NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test } from '../../support/lineage/certificates.ts';

const OTHER = 'other.example.test';

/** A killed removal has left this lineage's directories aside. */
async function leaveAside(configDir: string, lineage: string): Promise<string> {
  const live = join(configDir, 'live', lineage);
  for (const path of [live, join(configDir, 'archive', lineage)]) await rename(path, asideOf(path));
  return live;
}

/** Each program that puts back what was left. */
const PROGRAMS: readonly (readonly [string, (node: InboxInProcess) => Promise<readonly string[]>])[] = [
  ['the installer', async ({ install }) => (await install(), [])],
  [
    'sync',
    async (node) => {
      const given = givenOf(node, 'per-node');
      await sync(given);
      return given.said;
    },
  ],
  [
    'delete',
    async (node) => {
      const given = givenOf(node, 'shared');
      const rest = {
        isForced: false,
        isDryRun: true,
        connect: async () => await Promise.reject(new Error('x')),
      };
      await deleteEverywhere('none.example.test', { ...given, ...rest }).catch(() => null);
      return given.said;
    },
  ],
];

function givenOf({ configDir, inbox, state }: InboxInProcess, mode: string) {
  const self = { name: 'web1', address: '127.0.0.1', isDrained: false, httpsPort: 1 };
  const certificates = { configDir, mode, lineages: {} };
  const config = {
    stateDir: join(inbox, '..'),
    certificates,
    nodes: [self],
    transport: transportsOf('shared'),
    vips: [],
  };
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  return {
    ...{ said, state, signal: new AbortController().signal, io: { env: {}, out: say, err: say } },
    cluster: { config, self, peers: [] } as unknown as Cluster,
  };
}

test.for(PROGRAMS)(
  '%s puts back first what a removal that was killed has left aside',
  async ([, run], { ca, directory }) => {
    const node = await inboxInProcess(directory, async () => OK);
    await writeIssuerTree(node.configDir, [await ca.issue([NAME])]);
    const live = await leaveAside(node.configDir, NAME);
    await run(node);
    expect(await exists(live)).toBe(true);
    expect(await exists(asideOf(live))).toBe(false);
  },
);

test('what cannot be put back of one lineage is told of, and keeps no other one back', async ({
  ca,
  directory,
}) => {
  const node = await inboxInProcess(directory, async () => OK);
  const { configDir, inbox, state, deliver, install } = node;
  for (const lineage of [OTHER, NAME])
    await writeIssuerTree(configDir, [await ca.issue([lineage])], { lineage });
  for (const lineage of [NAME, OTHER]) await leaveAside(configDir, lineage);
  const [first, second] = [join(configDir, 'archive', NAME), join(configDir, 'live', OTHER)];
  // Made anew meanwhile, so that the other has to go into the backups: a file is in their place.
  await mkdir(first);
  await writeFile(join(inbox, '..', 'backup'), '');
  const bundle = makeBundle(await ca.issue(['new.example.test']), { configDir, lineage: 'new.example.test' });
  await deliver(bundle);
  const told = await install();
  expect(told[0]).toMatchObject({ id: null, state: 'failed', findings: [{ code: 'system-error' }] });
  expect(await state.results.of(bundle.manifest.leaf.sha256)).toMatchObject({ state: 'installed' });
  expect(await exists(second)).toBe(true);
  expect(await exists(asideOf(first))).toBe(true);
  const given = givenOf(node, 'per-node');
  expect(await sync(given)).toBe(1);
  expect(given.said[0]).toMatch(/^what a removal has left aside: EEXIST.*system-error/);
});
