import { transportsOf } from '../../../lib/cluster/abilities.ts';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { createWebroot } from '../../../lib/challenge/webroot.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import type { ClusterNode, Config } from '../../../lib/cluster/config.ts';
import { askForHoldings } from '../../../lib/peers/holders.ts';
import { holdersAmong, oddHolders } from '../../../lib/peers/holdings.ts';
import { serveAgent } from '../../support/cluster/agent-server.ts';
import { freePort, loopbackAddresses } from '../../support/cluster/addresses.ts';
import { newKey } from '../../support/cluster/raw-channel.ts';
import { expect, test } from '../../support/temporary.ts';

const VIP = '2001:db8::10';

/** What is at a peer's address: an agent that says to hold these, one that says nothing, or nobody. */
type Peer = readonly string[] | 'silent' | 'down';

async function clusterOf(
  directory: string,
  peers: readonly Peer[],
  config: Partial<Config> = {},
): Promise<Cluster> {
  const [key, keyFile] = [newKey(), join(directory, 'cluster.key')];
  await writeFile(keyFile, key.toString('hex'));
  await chmod(keyFile, 0o640);
  const addresses = loopbackAddresses(peers.length);
  const agentPort = await freePort(addresses);
  const nodes = peers.map((_, index) => ({
    ...{ name: `web${index + 2}`, address: addresses[index] ?? '', agentPort, isDrained: index === 2 },
    ...{ webroot: directory, httpPort: 80, httpsPort: 443 },
  }));
  await Promise.all(
    nodes.map(async (node, index) => await serve(node, peers[index] ?? 'down', { key, directory })),
  );
  const self = { ...nodes[0], name: 'web1' } as ClusterNode;
  return {
    ...{ self, peers: nodes },
    config: { transport: transportsOf('http'), agent: { keyFile }, ...config } as unknown as Config,
  };
}

async function serve(
  { name, address, agentPort }: ClusterNode,
  peer: Peer,
  { key, directory }: { readonly key: Buffer; readonly directory: string },
): Promise<void> {
  if (peer === 'down') return;
  if (peer === 'silent') {
    const server = createServer((socket) => socket.on('error', () => undefined)).listen(agentPort, address);
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return;
  }
  const agent = await serveAgent(directory, {
    ...{ node: name, key, address, port: agentPort, heldVips: () => peer, nodes: ['web1'] },
    webroot: createWebroot(directory),
  });
  onTestFinished(async () => await agent.close());
}

describe('the holder of a VIP', () => {
  test.for([
    ['the peer that says so', [[], [VIP]], ['web3']],
    ['also in another spelling', [['2001:db8:0::10']], ['web2']],
    ['also a drained one', [[], [], [VIP]], ['web4']],
    ['the one that answers, though another does not', ['down', [VIP]], ['web3']],
    ['each that says so', [[VIP], [VIP]], ['web2', 'web3']],
    ['nobody, where nobody says so', [[], ['192.0.2.9']], []],
    ['nobody that answers', ['down', []], []],
    ['unknown, where nobody answers', ['down', 'down'], null],
    ['unknown, without peers', [], null],
  ] as const)('is %s', async ([, peers, expected], { directory }) => {
    const holdings = await askForHoldings(await clusterOf(directory, peers));
    const holders = holdings && holdersAmong(holdings, VIP);
    expect(holders?.map(({ name }) => name) ?? null).toEqual(expected);
  });

  test('is told within some seconds though a peer gives no answer', async ({ directory }) => {
    const cluster = await clusterOf(directory, ['silent', [VIP]]);
    const startedMs = performance.now();
    expect(await askForHoldings(cluster)).toMatchObject([{ node: { name: 'web3' }, heldVips: [VIP] }]);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  test('is unknown without agents', async ({ directory }) => {
    expect(
      await askForHoldings(await clusterOf(directory, [[VIP]], { transport: transportsOf('rsync') })),
    ).toBeNull();
  });

  test('is unknown without a key to ask with', async ({ directory }) => {
    const cluster = await clusterOf(directory, [[VIP]]);
    await chmod(join(directory, 'cluster.key'), 0o644);
    expect(await askForHoldings(cluster)).toBeNull();
  });
});

describe('what is odd about who holds the VIPs', () => {
  const [web1, web2] = [{ name: 'web1' }, { name: 'web2' }] as unknown as readonly [ClusterNode, ClusterNode];
  const both = [
    { node: web1, heldVips: [VIP] },
    { node: web2, heldVips: ['2001:db8:0::10'] },
  ];

  test('two holders, whoever else is silent', () => {
    const odd = [{ code: 'vip-held-twice', address: VIP, nodes: ['web1', 'web2'] }];
    expect(oddHolders([VIP], both, false)).toEqual(odd);
  });

  test('none, where everybody has answered', () => {
    const none = [{ node: web1, heldVips: [] }];
    expect(oddHolders([VIP], none, true)).toEqual([{ code: 'vip-without-holder', address: VIP }]);
    expect(oddHolders([VIP], none, false)).toEqual([]);
  });

  test('not one', () => {
    expect(oddHolders([VIP], both.slice(1), true)).toEqual([]);
  });
});
