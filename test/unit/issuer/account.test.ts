import { transportsOf } from '../../../lib/cluster/abilities.ts';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import { chooseAccount } from '../../../lib/issuer/account.ts';
import { createRecords } from '../../../lib/state/records.ts';
import { writeAccount } from '../../support/lineage/accounts.ts';
import { NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test as base } from '../../support/lineage/certificates.ts';
import { ACCOUNT, SERVER } from '../../support/lineage/renewal-conf.ts';
import { noDamage } from '../../support/no-damage.ts';

const BOTH = `zzz.${NAME}`;
const HOST = 'ca.example.test:14000/dir';

/** A node, without agents, on which a lineage has lost its account. */
const test = base.extend<{
  readonly node: { readonly configDir: string; readonly chosen: (...given: string[]) => Promise<object> };
}>({
  node: async ({ ca, directory }, use) => {
    const configDir = join(directory, 'letsencrypt');
    await writeIssuerTree(configDir, [await ca.issue([NAME])]);
    await rm(join(configDir, 'accounts', HOST, ACCOUNT), { recursive: true });
    const records = createRecords(join(directory, 'state'), noDamage);
    const config = { certificates: { configDir, mode: 'shared' }, transport: transportsOf('shared') };
    const cluster = { config, peers: [] } as unknown as Cluster;
    const { signal } = new AbortController();
    const chosen = async (...given: string[]) => {
      const names = given.filter((argument) => argument.endsWith(NAME));
      const order = { given: ['--server', SERVER, ...given], settings: [], names };
      return await chooseAccount(order, cluster, { records, signal });
    };
    await use({ configDir, chosen });
  },
});

const lostIn = (configDir: string, others: readonly string[]) => ({
  ...{ code: 'account-would-change', lineage: NAME, account: ACCOUNT, server: SERVER, others },
  directory: join(configDir, 'accounts', HOST, ACCOUNT),
});

test('a lineage whose account is lost is not issued again with the only other one, or with a new one', async ({
  node: { configDir, chosen },
}) => {
  expect(await chosen('-d', NAME)).toMatchObject({
    account: null,
    findings: [],
    lost: lostIn(configDir, []),
  });
  const other = await writeAccount(configDir, { registered: '2026-12-24T00:00:00Z' });
  const lost = lostIn(configDir, [other]);
  expect(await chosen('-d', NAME)).toMatchObject({ lost });
  expect(await chosen('-d', NAME, '-d', `www.${NAME}`)).toMatchObject({ lost });
  expect(await chosen('--cert-name', NAME, '-d', `www.${NAME}`)).toMatchObject({ lost });
  const second = await writeAccount(configDir, { registered: '2027-12-24T00:00:00Z' });
  expect(await chosen('-d', NAME)).toMatchObject({
    ...{ account: other, findings: [], lost: lostIn(configDir, [other, second]) },
  });
});

test('it keeps nothing else from being issued, nor what was said, nor a rehearsal, nor another CA', async ({
  node: { configDir, chosen },
}) => {
  const other = await writeAccount(configDir, { registered: '2026-12-24T00:00:00Z' });
  await writeAccount(configDir, { registered: '2026-12-24T00:00:00Z', server: 'other.example.test/dir' });
  for (const given of [
    ['-d', `www.${NAME}`],
    ['--cert-name', 'another', '-d', NAME],
    ['-d', NAME, '--account', other],
    ['-d', NAME, '--dry-run'],
    ['-d', NAME, '--duplicate'],
    ['-d', NAME, '--server', 'https://other.example.test/dir'],
  ])
    expect(await chosen(...given)).toMatchObject({ lost: null });
});

test('of two lineages certbot expands the one with most of the names', async ({
  ca,
  node: { configDir, chosen },
}) => {
  await writeIssuerTree(configDir, [await ca.issue([NAME, `www.${NAME}`])], { lineage: BOTH });
  const other = await writeAccount(configDir, { registered: '2026-12-24T00:00:00Z' });
  await writeAccount(configDir, { registered: '2025-12-24T00:00:00Z' });
  const conf = join(configDir, 'renewal', `${BOTH}.conf`);
  await writeFile(conf, (await readFile(conf, 'utf8')).replace(ACCOUNT, other));
  expect(await chosen('-d', NAME, '-d', `www.${NAME}`)).toMatchObject({ account: other, lost: null });
});
