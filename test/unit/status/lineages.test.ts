// @module-tag slow
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { readLineages } from '../../../lib/channel/answers.ts';
import type { ChannelClient } from '../../../lib/channel/client.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import type { ClusterNode, Config } from '../../../lib/cluster/config.ts';
import { surveyDeletions } from '../../../lib/status/deletions.ts';
import { isMute } from '../../../lib/status/serving.ts';
import { surveyLineages } from '../../../lib/status/lineages.ts';
import { deadline } from '../../../lib/system/deadline.ts';
import { expect, test, type Issued } from '../../support/lineage/certificates.ts';
import { leafIn } from '../../support/lineage/bundle.ts';
import { writeLineage } from '../../support/lineage/tree.ts';
import { serveTls } from '../../support/cluster/tls-site.ts';

const NAME = 'a.test';

/** A web server that has two certificates of one name, and shows the first to whoever does not mind. */
async function serveBoth(ec: Issued, rsa: Issued): Promise<number> {
  const both = [ec, rsa];
  const tls = { cert: both.map((one) => one.certificate + one.chain), key: both.map(({ key }) => key) };
  const { port, close } = await serveTls(ec, { tls });
  onTestFinished(close);
  return port;
}

async function clusterOf(directory: string, httpsPort: number): Promise<Cluster> {
  const self: ClusterNode = {
    ...{ name: 'web1', address: '127.0.0.1', isDrained: false, agentPort: 1 },
    ...{ webroot: '/srv', httpPort: 80, httpsPort },
  };
  await mkdir(join(directory, 'renewal'), { recursive: true });
  await writeFile(join(directory, 'renewal', `${NAME}.conf`), '');
  const config = { nodes: [self], vips: [], gate: { httpPort: 80, httpsPort }, webServer: {} };
  return {
    ...{ self, peers: [] },
    config: { ...config, certificates: { configDir: directory, lineages: {} } } as unknown as Config,
  };
}

const nobody: ChannelClient = {
  request: async () => ({ isOk: false, reason: { code: 'agent-silent' }, isSilent: true }),
  close: async () => undefined,
};

const nothingRecorded = {
  installedOf: async () => null,
  hasList: async () => false,
  installed: async () => [],
  deletions: async () => [],
};

describe('what a target serves, in the survey of lineages', () => {
  test.for(['ec', 'rsa'] as const)(
    'is the newest of an %s lineage where the web server has the other type beside it',
    async (keyType, { ca, directory }) => {
      const issued = {
        ec: await ca.issue([NAME], { keyType: 'ec' }),
        rsa: await ca.issue([NAME], { keyType: 'rsa' }),
      };
      await writeLineage(directory, NAME, [issued[keyType]]);
      const cluster = await clusterOf(directory, await serveBoth(issued.ec, issued.rsa));
      const { rows } = await surveyLineages(cluster, { client: nobody, records: nothingRecorded }, new Set());
      expect(rows).toEqual([
        expect.objectContaining({ lineage: NAME, target: 'web1', installed: 'newest', serves: 'newest' }),
      ]);
    },
  );

  test('is another one where an earlier generation is served, and foreign where none of the lineage is', async ({
    ca,
    directory,
  }) => {
    const [ec, rsa] = [await ca.issue([NAME]), await ca.issue([NAME], { keyType: 'rsa' })];
    const newest = await ca.issue([NAME]);
    const cluster = await clusterOf(directory, await serveBoth(ec, rsa));
    for (const [generations, serves] of [
      [[ec, newest], 'another'],
      [[newest], 'foreign'],
    ] as const) {
      await writeLineage(directory, NAME, generations);
      const { rows } = await surveyLineages(cluster, { client: nobody, records: nothingRecorded }, new Set());
      expect(rows.map((row) => row.serves)).toEqual([serves]);
    }
  });
});

test('what there was no time for is not known', async ({ ca, directory }) => {
  const lineages = ['b.test'];
  for (const lineage of [NAME, ...lineages])
    await writeLineage(directory, lineage, [await ca.issue([lineage])]);
  const held: Socket[] = [];
  const mute = createServer((socket) => {
    held.push(socket.on('error', () => undefined));
  });
  mute.listen(0, '127.0.0.1');
  await once(mute, 'listening');
  onTestFinished(() => {
    for (const socket of held) socket.destroy();
    mute.close();
  });
  const cluster = await clusterOf(directory, (mute.address() as AddressInfo).port);
  for (const lineage of lineages) await writeFile(join(directory, 'renewal', `${lineage}.conf`), '');
  const sources = { client: nobody, records: nothingRecorded };
  const { rows } = await surveyLineages(cluster, sources, new Set(), { signal: deadline(300) });
  expect(rows.map(({ serves, isCutOff }) => [serves, isCutOff])).toEqual(
    [NAME, ...lineages].map(() => [null, true]),
  );
  expect(held.length).toBeGreaterThan(0);
});

test.for([
  ['nothing that answers', { code: 'agent-silent' }, true, true],
  [
    'what accepts a connection, and then says nothing',
    { code: 'tls-handshake-slow', port: 443, seconds: 5 },
    false,
    true,
  ],
  ['what answers', { code: 'no-tls', port: 443 }, false, false],
] as const)('%s is asked for one lineage alone: %o', ([, reason, isSilent, expected]) => {
  expect(isMute({ kind: 'unknown', reason, isSilent })).toBe(expected);
});

test('where each node has its own lineages, only this node is looked at', async ({ ca, directory }) => {
  const issued = await ca.issue([NAME]);
  await writeLineage(directory, NAME, [issued]);
  const cluster = await clusterOf(
    directory,
    await serveBoth(issued, await ca.issue([NAME], { keyType: 'rsa' })),
  );
  const peer: ClusterNode = { ...cluster.self, name: 'web2', address: '192.0.2.2' };
  const certificates = { ...cluster.config.certificates, mode: 'per-node' } as const;
  const apart: Cluster = {
    self: cluster.self,
    peers: [peer],
    config: { ...cluster.config, nodes: [cluster.self, peer], vips: ['192.0.2.10'], certificates },
  };
  const sources = { client: nobody, records: nothingRecorded };
  const { rows } = await surveyLineages(apart, sources, new Set(['web1', 'web2']));
  expect(rows.map(({ target, installed }) => [target, installed])).toEqual([['web1', 'newest']]);
});

test('each port that the configuration names has to show the newest, and none where it names none', async ({
  ca,
  directory,
}) => {
  const [issued, before] = [await ca.issue([NAME]), await ca.issue([NAME])];
  await writeLineage(directory, NAME, [issued]);
  const ports = [];
  for (const served of [issued, before]) {
    const { port, close } = await serveTls(served);
    onTestFinished(close);
    ports.push({ port, starttls: null });
  }
  const cluster = await clusterOf(directory, 1);
  const rowOf = async (served: object) => {
    const lineages = { [NAME]: { served } };
    const config = {
      ...cluster.config,
      certificates: { configDir: directory, lineages },
    } as unknown as Config;
    const sources = { client: nobody, records: nothingRecorded };
    const { rows } = await surveyLineages({ ...cluster, config }, sources, new Set());
    return rows.map(({ serves, expected }) => ({ serves, expected }));
  };
  expect(await rowOf(ports.slice(0, 1))).toEqual([{ serves: 'newest', expected: true }]);
  expect(await rowOf(ports)).toEqual([{ serves: 'another', expected: true }]);
  expect(await rowOf([])).toEqual([{ serves: null, expected: false }]);
});

test('what cannot be read of what a node tells is unknown there, told, and costs no other lineage', async ({
  ca,
  directory,
}) => {
  const issued = await ca.issue([NAME]);
  for (const lineage of [NAME, 'b.test']) await writeLineage(directory, lineage, [issued]);
  const cluster = await clusterOf(directory, 1);
  await writeFile(join(directory, 'renewal', 'b.test.conf'), '');
  const peer: ClusterNode = { ...cluster.self, name: 'web2', address: '127.0.0.2' };
  const record = { leaf: leafIn(issued.certificate), number: 1, names: [NAME], from: 'web1' };
  const records = [NAME, 'b.test'].map((lineage) => ({
    ...record,
    lineage,
    installedAt: record.leaf.notBefore,
  }));
  const body = readLineages({ lineages: [records[0], { ...records[1], from: null }] });
  const client = { ...nobody, request: async () => ({ isOk: true, body }) } as unknown as ChannelClient;
  const both = { ...cluster, peers: [peer], config: { ...cluster.config, nodes: [cluster.self, peer] } };
  const { rows, untold } = await surveyLineages(
    both,
    { client, records: nothingRecorded },
    new Set(['web1', 'web2']),
  );
  const there = rows.filter(({ target }) => target === 'web2');
  expect(there.map(({ lineage, installed }) => [lineage, installed])).toEqual([
    [NAME, 'newest'],
    ['b.test', 'unknown'],
  ]);
  expect([...untold]).toEqual([['web2', { code: 'answer-read-in-part', entries: ['b.test'], count: 1 }]]);
});

test('a deletion of a wrong clock is told of, and ends nothing', async ({ directory }) => {
  const stamp = '2099-01-01T00:00:00.000Z';
  const grave = { lineage: NAME, stamp, from: 'web2', isForced: false, others: [], isPending: false };
  const deletions = async () => [{ ...grave, kept: null, backup: null, at: '2026-11-24T00:00:00.000Z' }];
  const rows = await surveyDeletions('web1', [], {
    records: { ...nothingRecorded, deletions },
    certificates: { configDir: directory } as Config['certificates'],
  });
  expect(rows).toEqual([
    {
      ...{ node: 'web1', lineage: NAME },
      found: { code: 'deletion-ahead', lineage: NAME, stamp, here: expect.any(String) as string },
    },
  ]);
});

describe('what was deleted elsewhere and is still here', () => {
  const at = (day: number) => `2026-11-${day}T00:00:00.000Z`;
  const leaf = {
    sha256: 'a'.repeat(64),
    serial: '01',
    notBefore: at(10),
    notAfter: '2027-02-01T00:00:00.000Z',
  };
  const record = { lineage: NAME, leaf, number: 1, names: [NAME], from: 'web1', installedAt: at(10) };
  const deleted = { lineage: NAME, stamp: at(20), from: 'web2', isForced: false, others: [] };
  const survey = async (directory: string, stamp: string) =>
    await surveyDeletions('web1', [{ node: 'web2', lineages: [], deleted: [deleted] }], {
      records: { ...nothingRecorded, installed: async () => [{ ...record, stamp }] },
      certificates: { configDir: directory } as Config['certificates'],
    });

  test('waits to be deleted, though only another node remembers that', async ({ directory }) => {
    expect(await survey(directory, at(19))).toEqual([
      { node: 'web1', lineage: NAME, found: { code: 'deletion-waits', lineage: NAME } },
    ]);
    expect(await survey(directory, at(21))).toEqual([]);
  });
});
