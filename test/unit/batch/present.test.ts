import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { presentEverywhere } from '../../../lib/batch/present.ts';
import { OK } from '../../../lib/base/outcome.ts';
import { createWebroot } from '../../../lib/challenge/webroot.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import type { ClusterNode } from '../../../lib/cluster/config.ts';
import type { Transport } from '../../../lib/transports/transport.ts';
import { makeChallenges } from '../../support/cluster/challenge.ts';
import { createFakeTransport } from '../../support/cluster/fake-transport.ts';
import { expect, test } from '../../support/temporary.ts';

/** One node, and no VIP. */
function clusterOf(directory: string, { isDrained }: Pick<ClusterNode, 'isDrained'>): Cluster {
  const ports = { agentPort: 1, httpPort: 1, httpsPort: 1 };
  const webroot = join(directory, 'web1');
  const self: ClusterNode = { name: 'web1', address: '127.0.0.1', isDrained, webroot, ...ports };
  const gate = { timeoutMs: 5_000, require: 'all' };
  const rest = {
    vips: [],
    stateDir: directory,
    webServer: { runsOn: 'all' },
    transport: { challenges: 'http', lineages: 'http' },
  };
  const config = { ...rest, gate, nodes: [self] };
  return { config, self, peers: [] } as unknown as Cluster;
}

test('what is interrupted while it writes on this node leaves no token, and tells of no file server', async ({
  directory,
}) => {
  const webroot = join(directory, 'web1');
  await mkdir(webroot);
  await createWebroot(webroot).check();
  const cluster = clusterOf(directory, { isDrained: false });
  const interruption = new AbortController();
  const challenges = makeChallenges(50);
  const pushed: string[] = [];
  const presenting = presentEverywhere(cluster, createFakeTransport().transport, challenges, {
    signal: interruption.signal,
    onPushed: (node) => void pushed.push(node),
  });
  interruption.abort();
  expect(await presenting).toMatchObject({ isMet: false });
  expect(await readdir(createWebroot(webroot).directory)).toEqual([]);
  // Nothing came to this node, and no event may say so.
  expect(pushed).toEqual([]);
});

test('what is not written in time is no longer written when that is told', async ({ directory }) => {
  const webroot = join(directory, 'web1');
  await mkdir(webroot);
  await createWebroot(webroot).check();
  const alone = clusterOf(directory, { isDrained: false });
  const cluster = { ...alone, config: { ...alone.config, gate: { ...alone.config.gate, timeoutMs: 1 } } };
  const { signal } = new AbortController();
  const { transport } = createFakeTransport();
  await expect(presentEverywhere(cluster, transport, makeChallenges(500), { signal })).rejects.toMatchObject({
    findings: [{ code: 'file-system-silent' }],
  });
  expect(await readdir(createWebroot(webroot).directory)).toEqual([]);
});

test('a gate that has looked at nothing has not held', async ({ directory }) => {
  const { signal } = new AbortController();
  const cluster = clusterOf(directory, { isDrained: true });
  const { transport } = createFakeTransport();
  const verdict = await presentEverywhere(cluster, transport, makeChallenges(1), { signal });
  expect(verdict).toMatchObject({ isMet: false, targets: [{ state: 'drained' }] });
});

test('a push that is interrupted comes to its end, lest it arrives after the clean-up', async ({
  directory,
}) => {
  await mkdir(join(directory, 'web1'));
  const alone = clusterOf(directory, { isDrained: true });
  const peer = { ...alone.self, name: 'web2', address: '127.0.0.2', isDrained: false };
  const cluster = { ...alone, config: { ...alone.config, nodes: [alone.self, peer] }, peers: [peer] };
  const interruption = new AbortController();
  const ends: boolean[] = [];
  const present: Transport['present'] = async (_, __, signal) => {
    interruption.abort();
    await new Promise(setImmediate);
    ends.push(signal.aborted);
    return OK;
  };
  const transport = { ...createFakeTransport().transport, present };
  const { signal } = interruption;
  expect(await presentEverywhere(cluster, transport, makeChallenges(1), { signal })).toMatchObject({
    isMet: false,
  });
  expect(ends).toEqual([false]);
});

test('a push that does not end with its signal is not waited for', async ({ directory }) => {
  await mkdir(join(directory, 'web1'));
  const alone = clusterOf(directory, { isDrained: true });
  const peer = { ...alone.self, name: 'web2', address: '127.0.0.2', isDrained: false };
  const gate = { ...alone.config.gate, timeoutMs: 100 };
  const cluster = { ...alone, config: { ...alone.config, gate, nodes: [alone.self, peer] }, peers: [peer] };
  const present: Transport['present'] = async () => await new Promise(() => undefined);
  const transport = { ...createFakeTransport().transport, present };
  const { signal } = new AbortController();
  expect(await presentEverywhere(cluster, transport, makeChallenges(1), { signal })).toMatchObject({
    isMet: false,
  });
});
