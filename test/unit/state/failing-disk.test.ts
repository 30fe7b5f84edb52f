import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { OK } from '../../../lib/base/outcome.ts';
import { readCliIni } from '../../../lib/certbot/cli-ini.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import { severalAccounts } from '../../../lib/lineage/accounts.ts';
import { collectBundle } from '../../../lib/lineage/collect.ts';
import { createLeafIndex } from '../../../lib/lineage/leaf-index.ts';
import { isOurs, readLineageNames } from '../../../lib/lineage/list.ts';
import { newerThan } from '../../../lib/peers/newer.ts';
import { dueHere } from '../../../lib/removal/told-here.ts';
import { ownLineages } from '../../../lib/status/own-lineages.ts';
import { openState } from '../../../lib/state/state.ts';
import { inboxInProcess } from '../../support/installer/inbox-in-process.ts';
import { leafIn, makeBundle, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test as base, type Issued } from '../../support/lineage/certificates.ts';
import { noDamage } from '../../support/no-damage.ts';
import { NO_FILES, putNoFile } from '../../support/strange/no-file.ts';

const [BAD, GOOD] = ['a.example.test', 'b.example.test'] as const;
const AT = '2026-11-24T00:00:00.000Z';

/** Two lineages that are here and recorded, of which the disk does not give the first's certificate. Linux answers a read of this file with EIO. */
const test = base.extend<{ readonly issued: readonly [Issued, Issued]; readonly host: Host }>({
  issued: async ({ ca }, use) => await use([await ca.issue([BAD]), await ca.issue([GOOD])]),
  host: async ({ directory, issued }, use) => {
    const [configDir, stateDir] = [join(directory, 'letsencrypt'), join(directory, 'state')];
    const { records } = openState({ stateDir }, noDamage);
    for (const [index, lineage] of [BAD, GOOD].entries()) {
      await writeIssuerTree(configDir, [issued[index] as Issued], { lineage });
      await records.writeInstalled(recordOf(lineage, issued[index] as Issued));
    }
    const file = join(configDir, 'live', BAD, 'cert.pem');
    await rm(file);
    await symlink('/proc/self/mem', file);
    await use({ configDir, records, file });
  },
});

interface Host {
  readonly configDir: string;
  readonly records: ReturnType<typeof openState>['records'];
  readonly file: string;
}

const recordOf = (lineage: string, { certificate }: Issued) => ({
  ...{ lineage, leaf: leafIn(certificate), number: 1, names: [lineage], from: 'web2', installedAt: AT },
});

test('status shows what is recorded of it, and says what cannot be read', async ({ host, issued }) => {
  const { configDir, records, file } = host;
  const { here, unreadable } = await ownLineages(configDir, records);
  expect([...here].map(([lineage, { leaf }]) => [lineage, leaf.sha256])).toEqual([
    [BAD, leafIn(issued[0].certificate).sha256],
    [GOOD, leafIn(issued[1].certificate).sha256],
  ]);
  expect(unreadable).toEqual({ code: 'file-unreadable', file, error: 'EIO' });
});

test('nothing is asked for over it, and what is newer of others is', async ({ host, ca }) => {
  const { configDir, records } = host;
  const there = [];
  for (const lineage of [BAD, GOOD]) {
    const stamp = new Date().toISOString();
    there.push({ ...recordOf(lineage, await ca.issue([lineage])), stamp });
  }
  const config = { certificates: { configDir } } as Cluster['config'];
  const newer = await newerThan({ installed: there }, { cluster: { config }, records, views: [] });
  expect(newer.map(({ lineage }) => lineage)).toEqual([GOOD]);
});

test('a deletion of it is tried, and told of, beside all others', async ({ host }) => {
  const { configDir, records } = host;
  const rest = { others: [], kept: null, backup: null, isPending: false, at: AT };
  const graves = [BAD, GOOD].map((lineage) => ({
    ...{ lineage, stamp: new Date().toISOString(), from: 'web2', isForced: false },
  }));
  for (const grave of graves) await records.writeDeletion({ ...grave, ...rest });
  const { due } = await dueHere([], { configDir, records });
  expect(due.map(({ lineage }) => lineage)).toEqual([BAD, GOOD]);
});

test('the names, certificates and accounts of all others are known', async ({ host, issued }) => {
  const { configDir } = host;
  expect(await readLineageNames(configDir)).toEqual([GOOD]);
  const isOfAnother = createLeafIndex(configDir);
  expect(await isOfAnother(leafIn(issued[1].certificate), BAD)).toBe(true);
  await rm(join(configDir, 'renewal', `${BAD}.conf`));
  await symlink('/proc/self/mem', join(configDir, 'renewal', `${BAD}.conf`));
  expect(await severalAccounts(configDir)).toEqual([]);
  await symlink('/proc/self/mem', join(configDir, 'cli.ini'));
  expect(await readCliIni([join(configDir, 'cli.ini')])).toEqual([]);
});

test.for(NO_FILES)('what stands in their places matters to no other: %s', async (kind, { host, issued }) => {
  const { configDir, records } = host;
  const spoiled = [join('live', BAD, 'cert.pem'), join('renewal', `${BAD}.conf`), 'cli.ini'];
  for (const file of spoiled.map((path) => join(configDir, path))) {
    await rm(file, { force: true });
    await putNoFile(kind, file);
  }
  // As one that is damaged: a bundle for it may take its place.
  expect([...(await ownLineages(configDir, records)).here.keys()]).toEqual([GOOD]);
  expect(await readLineageNames(configDir)).toEqual([GOOD]);
  expect(await createLeafIndex(configDir)(leafIn(issued[1].certificate), BAD)).toBe(true);
  expect(await severalAccounts(configDir)).toEqual([]);
  expect(await readCliIni([join(configDir, 'cli.ini')])).toEqual([]);
  await expect(isOurs(configDir, BAD)).rejects.toMatchObject({ findings: [{ code: 'file-unreadable' }] });
  await expect(collectBundle(configDir, BAD, 'web1')).rejects.toMatchObject({
    findings: [{ code: 'file-unreadable' }],
  });
});

/** In a file's place, or in a link's. */
const SPOILERS = {
  'a disk that fails': ['live', async (file: string) => await symlink('/proc/self/mem', file)],
  'a pipe': ['archive', async (file: string) => await putNoFile('pipe', file)],
} as const;

test.for(Object.keys(SPOILERS) as (keyof typeof SPOILERS)[])(
  'a bundle for it fails alone: %s',
  async (name, { directory, ca }) => {
    const [place, spoil] = SPOILERS[name];
    const { configDir, state, deliver, install } = await inboxInProcess(directory, async () => OK);
    const bundles = [];
    for (const lineage of [BAD, GOOD])
      bundles.push(makeBundle(await ca.issue([lineage]), { configDir, lineage, number: 2 }));
    await writeIssuerTree(configDir, [await ca.issue([BAD])], { lineage: BAD });
    const file = join(configDir, place, BAD, place === 'live' ? 'cert.pem' : 'cert1.pem');
    await rm(file);
    await spoil(file);
    for (const bundle of bundles) await deliver(bundle);
    await install();
    const ends = bundles.map(async ({ manifest }) => (await state.results.of(manifest.leaf.sha256))?.state);
    expect(await Promise.all(ends)).toEqual(['failed', 'installed']);
  },
);
