import { transportsOf, type TransportName } from '../../../lib/cluster/abilities.ts';
import { describe } from 'vitest';
import { LINEAGES } from '../../../lib/channel/protocol.ts';
import type { ChannelClient } from '../../../lib/channel/client.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import type { ClusterNode, Config } from '../../../lib/cluster/config.ts';
import { surveyCluster } from '../../../lib/status/nodes.ts';
import { createSurveyClient } from '../../../lib/status/survey-client.ts';
import { troublesOf } from '../../../lib/status/troubles.ts';
import { openState } from '../../../lib/state/state.ts';
import { noDamage } from '../../support/no-damage.ts';
import { expect, test } from '../../support/temporary.ts';
import { writeAccount } from '../../support/lineage/accounts.ts';
import { ACCOUNT, OWN_HOOKS, renewalConf } from '../../support/lineage/renewal-conf.ts';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const node = (name: string, address: string): ClusterNode => ({
  ...{ name, address, isDrained: false, agentPort: 1, webroot: '/srv', httpPort: 80, httpsPort: 443 },
});

/** Agents that answer, of which this one does not tell what is installed on its node. */
const mute = (name: string): ChannelClient => ({
  request: async (target, _method, path, { read }) => {
    if (target.name === name && path === LINEAGES)
      return { isOk: false, reason: { code: 'agent-silent' }, isSilent: true };
    const status = { node: target.name, version: '1.0.0', uptimeSeconds: 1, vips: [], challenges: 0 };
    const body = read?.(path === LINEAGES ? { lineages: [] } : status) ?? null;
    if (body === null) throw new Error('not as it should be');
    return { isOk: true, body };
  },
  close: async () => undefined,
});

const COMMON = { file: 'config.yaml', transport: transportsOf('http'), webServer: { runsOn: 'all' } };

test('a node whose agent answers, and does not tell what it has installed, is in trouble', async ({
  directory,
}) => {
  const [self, web2, web3] = [
    node('web1', '192.0.2.1'),
    node('web2', '192.0.2.2'),
    node('web3', '192.0.2.3'),
  ];
  const certificates = { mode: 'shared', configDir: directory, lineages: {} };
  const config = { nodes: [self, web2, web3], vips: [], certificates, ...COMMON };
  const cluster: Cluster = { self, peers: [web2, web3], config: config as unknown as Config };
  const state = openState({ stateDir: directory }, noDamage);
  const seen = await surveyCluster(cluster, mute('web2'), state, {});
  expect(seen.nodes.map(({ agent, reason }) => [agent, reason])).toEqual([
    ['reachable', null],
    ['reachable', { code: 'agent-silent' }],
    ['reachable', null],
  ]);
  expect(troublesOf(seen)).toEqual([{ who: 'web2 192.0.2.2', found: { code: 'agent-silent' } }]);
});

test.for([
  ['shared', 2, { accounts: ['accounts-several'], notes: [] }],
  ['shared', 1, { accounts: [], notes: ['accounts-several'] }],
  ['per-node', 2, { accounts: [], notes: [] }],
] as const)(
  'two accounts in mode %s, of which lineages use %i: %o',
  async ([mode, used, expected], { directory }) => {
    const self = node('web1', '192.0.2.1');
    const certificates = { mode, configDir: directory, lineages: {} };
    const config = { nodes: [self], vips: [], certificates, ...COMMON };
    const cluster: Cluster = { self, peers: [], config: config as unknown as Config };
    await mkdir(join(directory, 'renewal'));
    for (const [index, lineage] of ['a.test', 'b.test'].entries()) {
      const account = await writeAccount(directory, { registered: `2026-01-0${index + 1}T00:00:00Z` });
      const conf = renewalConf({ configDir: directory, lineage, params: OWN_HOOKS });
      if (index < used)
        await writeFile(join(directory, `renewal/${lineage}.conf`), conf.replace(ACCOUNT, account));
    }
    const state = openState({ stateDir: directory }, noDamage);
    const seen = await surveyCluster(cluster, mute('nobody'), state, {});
    const codes = (found: readonly { readonly code: string }[]) => found.map(({ code }) => code);
    expect({ accounts: codes(seen.accounts), notes: codes(seen.notes) }).toEqual(expected);
    expect(codes(troublesOf(seen).map(({ found }) => found))).toEqual(expected.accounts);
  },
);

test.for([
  [900, 5, 5],
  [900, null, null],
  [899, null, undefined],
  [900, undefined, undefined],
] as const)(
  'of a node that runs for %i s and has looked %o s ago: %o',
  async ([uptimeSeconds, lookedSecondsAgo, expected], { directory }) => {
    const self = node('web1', '192.0.2.1');
    const certificates = { mode: 'shared', configDir: directory, lineages: {} };
    const config = { nodes: [self], vips: [], certificates, ...COMMON };
    const cluster: Cluster = { self, peers: [], config: config as unknown as Config };
    const answer = { node: 'web1', version: '1.0.0', uptimeSeconds, vips: [], challenges: 0 };
    const client: ChannelClient = {
      ...mute('nobody'),
      request: async (_node, _method, path, { read }) => {
        const told = lookedSecondsAgo === undefined ? answer : { ...answer, lookedSecondsAgo };
        const body = read?.(path === LINEAGES ? { lineages: [] } : told) ?? null;
        if (body === null) throw new Error('not as it should be');
        return { isOk: true, body };
      },
    };
    const state = openState({ stateDir: directory }, noDamage);
    const seen = await surveyCluster(cluster, client, state, {});
    expect(seen.nodes[0]?.lookedSecondsAgo).toBe(expected);
  },
);

test('a node whose webroot hangs needs somebody, though its agent answers', async ({ directory }) => {
  const self = node('web1', '192.0.2.1');
  const certificates = { mode: 'shared', configDir: directory, lineages: {} };
  const config = { nodes: [self], vips: [], certificates, ...COMMON };
  const cluster: Cluster = { self, peers: [], config: config as unknown as Config };
  const answer = { node: 'web1', version: '1.0.0', uptimeSeconds: 1, vips: [], challenges: null };
  const client: ChannelClient = {
    ...mute('nobody'),
    request: async (_node, _method, path, { read }) => {
      const body = read?.(path === LINEAGES ? { lineages: [] } : answer) ?? null;
      if (body === null) throw new Error('not as it should be');
      return { isOk: true, body };
    },
  };
  const seen = await surveyCluster(cluster, client, openState({ stateDir: directory }, noDamage), {});
  const found = {
    code: 'file-system-silent',
    place: expect.stringContaining('/.well-known/acme-challenge') as string,
  };
  expect(seen.nodes).toMatchObject([{ agent: 'reachable', challenges: null, reason: found }]);
  expect(troublesOf(seen)).toMatchObject([{ who: 'web1 192.0.2.1', found }]);
});

describe('without a key and without agents', () => {
  const clusterWith = (name: TransportName, directory: string): Cluster => {
    const [self, web2] = [node('web1', '192.0.2.1'), node('web2', '192.0.2.2')];
    const certificates = { mode: 'shared', issuer: 'vip', configDir: directory, lineages: {} };
    const config = {
      ...{
        nodes: [self, web2],
        vips: ['192.0.2.9'],
        certificates,
        ...COMMON,
        transport: transportsOf(name),
      },
      agent: { keyFile: join(directory, 'cluster.key') },
    };
    return { self, peers: [web2], config: config as unknown as Config };
  };

  test.for(['rsync', 'shared'] as const)(
    'a cluster with %s is in no trouble, and nobody says that a VIP is lost',
    async (transport, { directory }) => {
      const cluster = clusterWith(transport, directory);
      const state = openState({ stateDir: directory }, noDamage);
      const seen = await surveyCluster(cluster, createSurveyClient(cluster), state, {});
      expect(troublesOf(seen)).toEqual([]);
      expect(seen.nodes.map(({ agent, reason }) => [agent, reason])).toEqual([
        ['unreachable', null],
        ['unreachable', null],
      ]);
    },
  );

  test('with http the key is missed', ({ directory }) => {
    expect(() => createSurveyClient(clusterWith('http', directory))).toThrow(/cluster\.key/);
  });

  test('a key that others can read is told of, whatever the transport', async ({ directory }) => {
    await writeFile(join(directory, 'cluster.key'), 'a'.repeat(64), { mode: 0o644 });
    await chmod(join(directory, 'cluster.key'), 0o644);
    expect(() => createSurveyClient(clusterWith('rsync', directory))).toThrow(/cluster\.key/);
  });

  test('one agent that answers makes another one missed', async ({ directory }) => {
    const cluster = clusterWith('rsync', directory);
    const client: ChannelClient = {
      ...mute('nobody'),
      request: async (target, method, path, options) =>
        target.name === 'web1'
          ? await mute('nobody').request(target, method, path, options)
          : { isOk: false, reason: { code: 'agent-silent' }, isSilent: true },
    };
    const seen = await surveyCluster(cluster, client, openState({ stateDir: directory }, noDamage), {});
    expect(troublesOf(seen)).toEqual([{ who: 'web2 192.0.2.2', found: { code: 'agent-silent' } }]);
  });
});
