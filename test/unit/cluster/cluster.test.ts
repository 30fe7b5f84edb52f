import { describe, expect, test } from 'vitest';
import { findCluster as find } from '../../../lib/cluster/cluster.ts';
import { type Machine } from '../../../lib/cluster/machine.ts';
import type { ClusterNode, Config } from '../../../lib/cluster/config.ts';

function configOf(addresses: Readonly<Record<string, string>>, self: string | null = null): Config {
  const nodes = Object.entries(addresses).map(([name, address]): ClusterNode => ({
    name,
    address,
    isDrained: false,
    webroot: '/srv',
    agentPort: 1,
    httpPort: 2,
    httpsPort: 3,
  }));
  return { file: '/etc/certbot-ha/config.yaml', nodes, self } as unknown as Config;
}

const ADDRESSES: Readonly<Record<string, readonly string[] | null>> = {
  'here.example.test': ['127.0.0.1', '::1'],
  'silent.example.test': null,
};

/** On a machine with a resolver that knows the names above. */
async function findCluster(
  config: Config,
  env: NodeJS.ProcessEnv,
  machine: Pick<Machine, 'hostname' | 'addresses'>,
) {
  return await find(config, env, {
    ...machine,
    lookUp: async (name) => (name in ADDRESSES ? (ADDRESSES[name] ?? null) : []),
  });
}

const PAIR = { web1: '192.168.69.11', web2: '192.168.69.12' };
const ELSEWHERE = { hostname: 'laptop', addresses: ['127.0.0.1', '10.9.9.9'] };

describe('which node this is', () => {
  test.for([
    [
      'the one whose address is on an interface',
      PAIR,
      { hostname: 'x', addresses: ['192.168.69.12'] },
      'web2',
    ],
    [
      'by an IPv6 address in another spelling',
      { a: 'fd69::1', b: 'fd69:0::0b' },
      { hostname: 'x', addresses: ['fd69::b'] },
      'b',
    ],
    [
      'by an IPv6 address with a zone',
      { a: 'fe80::1', b: 'fe80::2' },
      { hostname: 'x', addresses: ['fe80::2%eth0'] },
      'b',
    ],
    [
      'by a name that resolves to an own address',
      { a: '10.0.0.1', b: 'here.example.test' },
      { hostname: 'x', addresses: ['127.0.0.1', '::1'] },
      'b',
    ],
    [
      'by its address, whatever the resolver keeps to itself',
      { a: '10.0.0.1', b: 'silent.example.test', c: 'unknown.example.test' },
      { hostname: 'x', addresses: ['10.0.0.1'] },
      'a',
    ],
    [
      'by its name where its address is not told in time',
      { a: '10.0.0.1', b: 'silent.example.test' },
      { hostname: 'b', addresses: ['10.0.0.2'] },
      'b',
    ],
    ['else the one named like the host', PAIR, { hostname: 'web1', addresses: ['10.0.0.1'] }, 'web1'],
    [
      'also where the host name is a full one',
      PAIR,
      { hostname: 'web2.example.test', addresses: [] },
      'web2',
    ],
    [
      'and the address counts more than the name',
      PAIR,
      { hostname: 'web1', addresses: ['192.168.69.12'] },
      'web2',
    ],
  ] as const)('is %s', async ([, addresses, machine, expected]) => {
    const { self, peers } = await findCluster(configOf(addresses), {}, machine);
    expect(self.name).toBe(expected);
    expect(peers.map(({ name }) => name)).toEqual(Object.keys(addresses).filter((name) => name !== expected));
  });

  test('is what self says, whatever the addresses are', async () => {
    const machine = { hostname: 'web1', addresses: ['192.168.69.11'] };
    expect((await findCluster(configOf(PAIR, 'web2'), {}, machine)).self.name).toBe('web2');
  });

  test('is what CERTBOT_HA_NODE says, whatever self says', async () => {
    const { self } = await findCluster(configOf(PAIR, 'web2'), { CERTBOT_HA_NODE: 'web1' }, ELSEWHERE);
    expect(self.name).toBe('web1');
  });

  test('is not told by an empty CERTBOT_HA_NODE', async () => {
    expect((await findCluster(configOf(PAIR, 'web2'), { CERTBOT_HA_NODE: '' }, ELSEWHERE)).self.name).toBe(
      'web2',
    );
  });
});

describe('when it cannot be told which node this is', () => {
  test('a CERTBOT_HA_NODE that is no node lists the nodes', async () => {
    await expect(findCluster(configOf(PAIR), { CERTBOT_HA_NODE: 'web9' }, ELSEWHERE)).rejects.toMatchObject({
      kind: 'config',
      message: 'CERTBOT_HA_NODE: expected one of web1, web2, got "web9" [variable-invalid]',
    });
  });

  test('no match lists what this host is and what the nodes are', async () => {
    await expect(findCluster(configOf(PAIR), {}, ELSEWHERE)).rejects.toMatchObject({
      kind: 'config',
      message:
        'which node this is cannot be determined: this host is laptop with 127.0.0.1, 10.9.9.9; ' +
        'the nodes are web1 (192.168.69.11), web2 (192.168.69.12) [node-unknown]',
      hint: 'set self in /etc/certbot-ha/config.yaml, or CERTBOT_HA_NODE in the environment',
    });
  });

  test('a resolver that gives no answer is named', async () => {
    const addresses = { a: '10.0.0.1', b: 'silent.example.test', c: 'unknown.example.test' };
    await expect(findCluster(configOf(addresses), {}, ELSEWHERE)).rejects.toMatchObject({
      kind: 'config',
      message: expect.stringMatching(
        /; the nodes are .*; no answer within 7 s from the resolver for silent\.example\.test \[node-unknown\]$/,
      ),
    });
  });

  test('several matches list the candidates', async () => {
    const machine = { hostname: 'x', addresses: Object.values(PAIR) };
    await expect(findCluster(configOf(PAIR), {}, machine)).rejects.toMatchObject({
      kind: 'config',
      message:
        'which node this is cannot be determined: the addresses of ' +
        'web1 (192.168.69.11), web2 (192.168.69.12) are all on this host [node-ambiguous]',
    });
  });
});
