import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import { listLineages } from '../../../lib/lineage/list.ts';
import { offersOf } from '../../../lib/rollout/offers.ts';
import { createRecords } from '../../../lib/state/records.ts';
import { NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test as base, type Issued } from '../../support/lineage/certificates.ts';
import { noDamage } from '../../support/no-damage.ts';

const test = base.extend<{ readonly issued: Issued }>({
  issued: async ({ ca }, use) => await use(await ca.issue([NAME])),
});

async function offersIn(directory: string) {
  const self = { name: 'web1' };
  const stateDir = join(directory, 'state');
  const config = { stateDir, certificates: { configDir: directory }, gate: { timeoutMs: 1 } };
  const cluster = { config, self, peers: [] } as unknown as Cluster;
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  const records = createRecords(join(directory, 'state'), noDamage);
  const lineages = await listLineages(directory);
  const { offers, isWhole } = await offersOf(lineages, {
    cluster,
    records,
    views: [],
    io: { out: say, err: say },
  });
  return { offered: offers.map(({ bundle }) => bundle.manifest.lineage), isWhole, said };
}

test('a configuration that leads nowhere is told of, and keeps no other lineage back', async ({
  issued,
  directory,
}) => {
  await writeIssuerTree(directory, [issued]);
  const file = join(directory, 'renewal', 'aaa.conf');
  await symlink('/nonexistent', file);
  const said = [`aaa: not delivered: ${file}: no such file [file-missing]`];
  expect(await offersIn(directory)).toEqual({ offered: [NAME], isWhole: false, said });
});

test('a directory in the place of a configuration is told of, and keeps no other lineage back', async ({
  issued,
  directory,
}) => {
  await writeIssuerTree(directory, [issued]);
  const file = join(directory, 'renewal', 'aaa.conf');
  await mkdir(file);
  const said = [`aaa: not delivered: ${file}: cannot be read (EISDIR) [file-unreadable]`];
  expect(await offersIn(directory)).toEqual({ offered: [NAME], isWhole: false, said });
});

test('a certificate that is no link is told of, and keeps no other lineage back', async ({
  issued,
  directory,
}) => {
  await writeIssuerTree(directory, [issued]);
  const live = await writeIssuerTree(directory, [issued], { lineage: 'aaa' });
  const file = join(live, 'cert.pem');
  await rm(file);
  await writeFile(file, issued.certificate);
  const words = 'expected a link into archive/, as certbot makes it; got a file [not-a-link]';
  const said = [`aaa: not delivered: ${file}: ${words}`];
  expect(await offersIn(directory)).toEqual({ offered: [NAME], isWhole: false, said });
});

test('a lineage that cannot be written down is told of, and keeps no other one back', async ({
  issued,
  directory,
}) => {
  await writeIssuerTree(directory, [issued], { lineage: 'aaa' });
  await writeIssuerTree(directory, [issued]);
  const self = { name: 'web1' };
  const stateDir = join(directory, 'state');
  const config = { stateDir, certificates: { configDir: directory }, gate: { timeoutMs: 1 } };
  const cluster = { config, self, peers: [] } as unknown as Cluster;
  const records = createRecords(join(directory, 'state'), noDamage);
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { errno: -28, code: 'ENOSPC' });
  const said: string[] = [];
  const io = { out: () => undefined, err: (line: string) => void said.push(line) };
  const { offers, isWhole } = await offersOf(['aaa', NAME], {
    cluster,
    views: [],
    io,
    records: {
      ...records,
      writeInstalled: async (record) => {
        if (record.lineage === 'aaa') throw full;
        await records.writeInstalled(record);
      },
    },
  });
  expect(offers.map(({ bundle }) => bundle.manifest.lineage)).toEqual([NAME]);
  expect(isWhole).toBe(false);
  expect(said).toEqual(['aaa: not delivered: ENOSPC: no space left on device [system-error]']);
});

test.for([
  ['web1', ['web2', 'web3'], 'web1', true],
  ['web2', ['web1', 'web3'], 'web1', false],
  ['web1', ['web2'], 'web3', true],
  ['web2', ['web1'], 'web3', false],
] as const)(
  'on %s beside %j, what has come from %s is looked after: %s',
  async ([name, others, from, isOrigin], { issued, directory }) => {
    await writeIssuerTree(directory, [issued]);
    const config = {
      certificates: { configDir: directory },
      stateDir: join(directory, 'state'),
      gate: { timeoutMs: 1 },
    };
    const peers = others.map((other) => ({ name: other }));
    const cluster = { config, self: { name }, peers } as unknown as Cluster;
    const records = createRecords(join(directory, 'state'), noDamage);
    const io = { out: () => undefined, err: () => undefined };
    await offersOf([NAME], { cluster, records, views: [], io });
    const file = join(directory, 'state', 'installed', `${NAME}.json`);
    const record = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...record, from, installedAt: '2020-01-01T00:00:00.000Z' }));
    expect(await offersOf([NAME], { cluster, records, views: [], io })).toMatchObject({
      offers: [{ isOrigin }],
    });
  },
);
