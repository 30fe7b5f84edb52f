import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cleanUpEverywhere } from '../../../lib/batch/clean-up.ts';
import { createWebroot } from '../../../lib/challenge/webroot.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import type { ClusterNode } from '../../../lib/cluster/config.ts';
import { createFakeTransport, type PeerState } from '../../support/cluster/fake-transport.ts';
import { makeChallenge } from '../../support/cluster/challenge.ts';
import { expect, test } from '../../support/temporary.ts';

async function clusterIn(directory: string, drained: readonly string[] = []) {
  const nodes = ['web1', 'web2', 'web3'].map((name, index): ClusterNode => ({
    name,
    address: `127.0.0.${index + 1}`,
    isDrained: drained.includes(name),
    webroot: join(directory, name),
    agentPort: 1,
    httpPort: 1,
    httpsPort: 1,
  }));
  const challenge = makeChallenge();
  for (const { webroot } of nodes) {
    await mkdir(webroot);
    await createWebroot(webroot).check();
    await createWebroot(webroot).write([challenge]);
  }
  const [self, ...peers] = nodes;
  const config = { transport: { challenges: 'http', lineages: 'http' } };
  return { cluster: { config, self, peers } as unknown as Cluster, token: challenge.token };
}

const tokensOf = async (directory: string, node: string) =>
  await readdir(join(directory, node, '.well-known/acme-challenge'));

test('takes the tokens away from every node', async ({ directory }) => {
  const { cluster, token } = await clusterIn(directory);
  const { transport, calls } = createFakeTransport();
  expect(await cleanUpEverywhere(cluster, transport, [token])).toEqual([]);
  expect(calls).toEqual(['cleanUp web2 1', 'cleanUp web3 1']);
  for (const node of ['web1', 'web2', 'web3']) expect(await tokensOf(directory, node)).toEqual([]);
});

test('tries every node, whatever the others do, and tells what is left where', async ({ directory }) => {
  const { cluster, token } = await clusterIn(directory);
  const { transport } = createFakeTransport((peer): PeerState => (peer.name === 'web2' ? 'down' : 'up'));
  expect(await cleanUpEverywhere(cluster, transport, [token])).toMatchObject([
    { node: 'web2', address: '127.0.0.2', reason: { code: 'connection-refused' } },
  ]);
  expect(await tokensOf(directory, 'web1')).toEqual([]);
  expect(await tokensOf(directory, 'web3')).toEqual([]);
});

test('goes on with the other peers where the system lets it not reach one', async ({ directory }) => {
  const { cluster, token } = await clusterIn(directory);
  const full = Object.assign(new Error('ENOSPC: no space left'), { errno: -28, code: 'ENOSPC' });
  const { transport } = createFakeTransport((peer): PeerState => {
    if (peer.name === 'web2') throw full;
    return 'up';
  });
  expect(await cleanUpEverywhere(cluster, transport, [token])).toMatchObject([
    { node: 'web2', reason: { code: 'system-error', error: 'ENOSPC: no space left' } },
  ]);
  expect(await tokensOf(directory, 'web3')).toEqual([]);
});

test('goes on with the peers when this node cannot clean up', async ({ directory }) => {
  const { cluster, token } = await clusterIn(directory);
  const broken = { ...cluster, self: { ...cluster.self, webroot: join(directory, 'file') } };
  await writeFile(join(directory, 'file'), '');
  const { transport } = createFakeTransport();
  const left = await cleanUpEverywhere(broken, transport, [token]);
  expect(left).toMatchObject([
    { node: 'web1', reason: { code: 'system-error', error: expect.stringContaining('ENOTDIR') } },
  ]);
  expect(await tokensOf(directory, 'web3')).toEqual([]);
});

test('leaves drained peers alone', async ({ directory }) => {
  const { cluster, token } = await clusterIn(directory, ['web3']);
  const { transport, calls } = createFakeTransport();
  expect(await cleanUpEverywhere(cluster, transport, [token])).toEqual([]);
  expect(calls).toEqual(['cleanUp web2 1']);
});

test('asks nobody when there is nothing to take away', async ({ directory }) => {
  const { cluster } = await clusterIn(directory);
  const { transport, calls } = createFakeTransport();
  expect(await cleanUpEverywhere(cluster, transport, [])).toEqual([]);
  expect(calls).toEqual([]);
});
