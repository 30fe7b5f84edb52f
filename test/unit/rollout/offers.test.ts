import { describe } from 'vitest';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import { listLineages } from '../../../lib/lineage/list.ts';
import { offersOf } from '../../../lib/rollout/offers.ts';
import type { PeerView } from '../../../lib/peers/survey.ts';
import { withInstallerLock } from '../../../lib/state/installer-lock.ts';
import { createRecords } from '../../../lib/state/records.ts';
import { timeLimit, type TimeLimit } from '../../../lib/system/time-limit.ts';
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
    limit: timeLimit(5_000),
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
    limit: timeLimit(5_000),
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
    await offersOf([NAME], { cluster, records, views: [], limit: timeLimit(5_000), io });
    const file = join(directory, 'state', 'installed', `${NAME}.json`);
    const record = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...record, from, installedAt: '2020-01-01T00:00:00.000Z' }));
    expect(
      await offersOf([NAME], { cluster, records, views: [], limit: timeLimit(5_000), io }),
    ).toMatchObject({
      offers: [{ isOrigin }],
    });
  },
);

test.for([
  [['web1', { name: 'web2' }, { name: 'web3' }], [], true],
  [['web2', { name: 'web1' }, { name: 'web3' }], [], false],
  [['web2', { name: 'web1', isDrained: true }, { name: 'web3' }], [], true],
  [['web2', { name: 'web1' }, { name: 'web3' }], ['web1'], true],
  [['web3', { name: 'web1', isDrained: true }, { name: 'web2' }], ['web2'], true],
  [['web3', { name: 'web1', isDrained: true }, { name: 'web2' }], [], false],
] as const)(
  'of a node that was removed, with %j and silent %j, this one looks after what it has issued: %s',
  async ([[name, ...others], silent, isOrigin], { issued, directory }) => {
    await writeIssuerTree(directory, [issued]);
    const stateDir = join(directory, 'state');
    const config = { certificates: { configDir: directory }, stateDir, gate: { timeoutMs: 1 } };
    const cluster = { config, self: { name }, peers: others } as unknown as Cluster;
    const views = others.map((node) => ({
      node,
      isReachable: !silent.some((one) => one === node.name),
      installed: [],
    })) as unknown as readonly PeerView[];
    const records = createRecords(stateDir, noDamage);
    const io = { out: () => undefined, err: () => undefined };
    const options = { cluster, records, views, io, limit: timeLimit(5_000) };
    await offersOf([NAME], options);
    const file = join(stateDir, 'installed', `${NAME}.json`);
    const record = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(
      file,
      JSON.stringify({ ...record, from: 'web0', installedAt: '2020-01-01T00:00:00.000Z' }),
    );
    expect(await offersOf([NAME], options)).toMatchObject({ offers: [{ isOrigin }] });
  },
);

describe('while an installer works', () => {
  const LINEAGES = ['aaa', 'bbb', 'ccc'];
  async function offered(directory: string, issued: Issued, limit: TimeLimit) {
    for (const lineage of LINEAGES) await writeIssuerTree(directory, [issued], { lineage });
    const stateDir = join(directory, 'state');
    const config = { stateDir, certificates: { configDir: directory }, gate: { timeoutMs: 1 } };
    const cluster = { config, self: { name: 'web1' }, peers: [] } as unknown as Cluster;
    const records = createRecords(stateDir, noDamage);
    const said: string[] = [];
    const io = { out: () => undefined, err: (line: string) => void said.push(line) };
    const startedMs = performance.now();
    const found = await withInstallerLock(stateDir, async () =>
      offersOf(LINEAGES, { cluster, records, views: [], io, limit }),
    );
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    expect(found).toEqual({ offers: [], isWhole: false });
    return said.flatMap((line) => /\[(.*)\]$/.exec(line)?.[1] ?? []);
  }

  test('all lineages wait for it together', async ({ issued, directory }) => {
    const codes = await offered(directory, issued, timeLimit(400));
    expect(codes).toEqual(['lock-held', 'lock-held', 'lock-held']);
  });

  test('an interruption ends the waiting', async ({ issued, directory }) => {
    const interruption = new AbortController();
    const { signal } = interruption;
    const leftMs = () => {
      setTimeout(() => interruption.abort(), 50);
      return 60_000;
    };
    const codes = await offered(directory, issued, { leftMs, signal });
    expect(codes).toEqual(['lock-wait-interrupted']);
  });
});
