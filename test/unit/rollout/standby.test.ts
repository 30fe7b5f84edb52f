import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { OK } from '../../../lib/base/outcome.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import type { ClusterNode } from '../../../lib/cluster/config.ts';
import { loadCluster } from '../../../lib/cluster/load.ts';
import { whoOf } from '../../../lib/cluster/target.ts';
import { readLineage } from '../../../lib/lineage/lineage.ts';
import type { PeerView } from '../../../lib/peers/survey.ts';
import { activate } from '../../../lib/rollout/activate.ts';
import { activationWithPeers } from '../../../lib/rollout/activation.ts';
import { placesOf } from '../../../lib/rollout/places.ts';
import type { Delivery } from '../../../lib/transports/delivery.ts';
import { serveTls } from '../../support/cluster/tls-site.ts';
import { makeBundle, NAME } from '../../support/lineage/bundle.ts';
import { expect, test, type Issued } from '../../support/lineage/certificates.ts';
import { writeLineage } from '../../support/lineage/tree.ts';

const VIP = '127.0.0.1';

/** A peer that installs whatever comes. */
const installing: Delivery = {
  stage: async () => OK,
  activate: async () => OK,
  result: async (_, id) => ({ id, lineage: NAME, state: 'installed', findings: [], messages: [], at: '' }),
};

async function clusterIn(directory: string, keys: object = {}): Promise<Cluster> {
  const file = join(directory, 'config.yaml');
  const fails = { kind: 'nginx', test: ['false'], reload: ['false'], runsOn: 'holder' };
  const nodes = { web1: '192.0.2.1', web2: '192.0.2.2', web3: '192.0.2.3' };
  await writeFile(file, JSON.stringify({ nodes, self: 'web1', vips: [VIP], webServer: fails, ...keys }));
  return await loadCluster({ CERTBOT_HA_CONFIG: file });
}

interface Roll {
  readonly directory: string;
  readonly issued: Issued;
  /** at the VIP */
  readonly served: Issued;
  /** by number */
  readonly holders: readonly number[];
  readonly node: number;
  readonly delivery?: Delivery;
}

async function roll({ directory, issued, served, holders, node, delivery = installing }: Roll) {
  const site = await serveTls(served);
  onTestFinished(site.close);
  const cluster = await clusterIn(directory, { gate: { timeout: 2, httpsPort: site.port } });
  const nth = (index: number) => cluster.config.nodes[index - 1] as ClusterNode;
  const lineage = await readLineage(await writeLineage(directory, NAME, [issued]));
  const activation = activationWithPeers(
    { bundle: makeBundle(issued, { configDir: directory }), lineage },
    {
      ...{ cluster, delivery, stamp: null, io: { env: process.env }, usage: { isUsed: () => true } },
      holdersOf: () => holders.map(nth),
      signal: AbortSignal.timeout(20_000),
    },
  );
  const ending = await activate(nth(node), activation);
  return { state: ending.state, looked: ending.verdict?.targets.map(({ target }) => whoOf(target)) };
}

describe('a roll-out to a cluster whose web server runs where the VIP is', () => {
  test('a backup is not looked at', async ({ ca, directory }) => {
    const [served, issued] = [await ca.issue([NAME]), await ca.issue([NAME])];
    expect(await roll({ directory, issued, served, holders: [2], node: 3 })).toEqual({
      ...{ state: 'unprobed', looked: ['web3 192.0.2.3'] },
    });
  });

  test('nor is self as a backup, whatever its test says for want of the VIP', async ({ ca, directory }) => {
    const [served, issued] = [await ca.issue([NAME]), await ca.issue([NAME])];
    expect(await roll({ directory, issued, served, holders: [2], node: 1 })).toMatchObject({
      state: 'unprobed',
    });
  });

  test('the holder answers by the VIP', async ({ ca, directory }) => {
    const [before, issued] = [await ca.issue([NAME]), await ca.issue([NAME])];
    const looked = ['web2 192.0.2.2', `vip ${VIP}`];
    const at = { directory, issued, holders: [2], node: 2 };
    expect(await roll({ ...at, served: issued })).toEqual({ state: 'served', looked });
    expect(await roll({ ...at, served: before })).toEqual({ state: 'refused', looked });
  });

  test('of two holders neither does, since the VIP may be the other one', async ({ ca, directory }) => {
    const [served, issued] = [await ca.issue([NAME]), await ca.issue([NAME])];
    expect(await roll({ directory, issued, served, holders: [2, 3], node: 2 })).toMatchObject({
      state: 'unprobed',
    });
  });

  test('a backup whose installer nobody hears may not have it', async ({ ca, directory }) => {
    const issued = await ca.issue([NAME]);
    const delivery: Delivery = {
      ...installing,
      result: async () => ({ state: 'unknown', reason: { code: 'rsync-write-only' } }),
    };
    expect(await roll({ directory, issued, served: issued, holders: [2], node: 3, delivery })).toMatchObject({
      state: 'outstanding',
    });
  });
});

describe('where sync sees what a node serves', () => {
  const seen = async (cluster: Cluster, views: readonly object[]) => {
    const places = placesOf('a.test', { cluster, views: views as readonly PeerView[] });
    return cluster.config.nodes.map((node) =>
      places(node).map(({ target, service }) => `${target.name}:${service?.port ?? ''}`),
    );
  };

  test('is the VIP, for its holder', async ({ directory }) => {
    const cluster = await clusterIn(directory);
    const views = cluster.peers.map((node) => ({
      ...{ node, isReachable: true, heldVips: node.name === 'web3' ? [VIP] : [] },
    }));
    expect(await seen(cluster, views)).toEqual([[], [], [`vip ${VIP}:`]]);
  });

  test('is the VIP for each that may hold it, where nobody tells', async ({ directory }) => {
    const vip = `vip ${VIP}:`;
    expect(await seen(await clusterIn(directory), [])).toEqual([[], [vip], [vip]]);
  });

  test('is each port that is said, or none', async ({ directory }) => {
    const at = async (served: readonly object[]) =>
      await seen(
        await clusterIn(directory, { webServer: {}, certificates: { lineages: { 'a.test': { served } } } }),
        [],
      );
    expect(await at([{ port: 25 }, { port: 993 }])).toEqual(
      ['web1', 'web2', 'web3'].map((name) => [`${name}:25`, `${name}:993`]),
    );
    expect(await at([])).toEqual([[], [], []]);
  });
});
