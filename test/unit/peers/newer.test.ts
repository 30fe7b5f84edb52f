import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../../lib/cluster/config.ts';
import { newerThan } from '../../../lib/peers/newer.ts';
import type { PeerView } from '../../../lib/peers/survey.ts';
import { createRecords } from '../../../lib/state/records.ts';
import { leafIn, NAME } from '../../support/lineage/bundle.ts';
import { expect, test as base, type Issued } from '../../support/lineage/certificates.ts';
import { writeLineage } from '../../support/lineage/tree.ts';
import { noDamage } from '../../support/no-damage.ts';

const recordOf = ({ certificate }: Issued, more: object = {}) => ({
  ...{ lineage: NAME, leaf: leafIn(certificate), number: 1, names: [NAME], from: 'web2' },
  ...{ installedAt: '2026-11-24T00:00:00.000Z', ...more },
});
const STAMPS = [60_000, 120_000].map((ms) => new Date(Date.now() + ms).toISOString()) as [string, string];

const test = base.extend<{ readonly node: Awaited<ReturnType<typeof createNode>> }>({
  node: async ({ ca, directory }, use) => await use(await createNode(directory, await ca.issue([NAME]))),
});

/** A node that was told by one peer to have this certificate. */
async function createNode(directory: string, issued: Issued) {
  const configDir = join(directory, 'letsencrypt');
  await mkdir(join(configDir, 'live'), { recursive: true });
  const records = createRecords(join(directory, 'state'), noDamage);
  const cluster = { config: { certificates: { configDir, mode: 'shared' } } as unknown as Config };
  const asked = async (theirs: object = {}, told: object = {}) => {
    const installed = [recordOf(issued, theirs)];
    const view = { isReachable: true, installed, ...told } as unknown as PeerView;
    return await newerThan({ installed, ...told }, { cluster, records, views: [view] });
  };
  return { configDir, records, issued, asked };
}

test('what has never been here is asked for', async ({ node: { asked } }) => {
  expect(await asked()).toHaveLength(1);
});

test('what certbot has deleted, or revoked, on this node alone is not', async ({
  node: { asked, issued, records },
}) => {
  await records.writeInstalled(recordOf(issued));
  expect(await asked()).toEqual([]);
});

test('what it has deleted there alone is not, though it has never been here', async ({ node: { asked } }) => {
  expect(await asked({ goneSince: STAMPS[0] })).toEqual([]);
});

test('of what the rest cannot be read, such as its deletion, nothing is', async ({ node: { asked } }) => {
  expect(await asked({}, { unread: [NAME] })).toEqual([]);
  expect(await asked({}, { unread: ['shop.example.test', 'the deletion of entry 2'] })).toHaveLength(1);
});

test('what was deleted everywhere is not, unless it was issued after that', async ({ node: { asked } }) => {
  const deleted = [{ lineage: NAME, stamp: STAMPS[0], from: 'web2', isForced: false, others: [] }];
  expect(await asked({}, { deleted })).toEqual([]);
  expect(await asked({ stamp: STAMPS[1] }, { deleted })).toHaveLength(1);
});

test('of two generations, what has the later stamp there is', async ({
  ca,
  node: { asked, configDir, issued, records },
}) => {
  const other = await ca.issue([NAME]);
  await writeLineage(configDir, NAME, [other]);
  await records.writeInstalled(recordOf(other, { stamp: STAMPS[0], leaf: leafIn(other.certificate) }));
  expect(await asked({ stamp: STAMPS[1], leaf: leafIn(issued.certificate) })).toHaveLength(1);
  await records.writeInstalled(recordOf(other, { stamp: STAMPS[1], leaf: leafIn(other.certificate) }));
  expect(await asked({ stamp: STAMPS[0], leaf: leafIn(issued.certificate) })).toEqual([]);
});
