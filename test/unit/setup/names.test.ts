import { expect, test } from 'vitest';
import { namedNodes } from '../../../lib/setup/names.ts';

const PEERS = ['192.0.2.12', '192.0.2.13'];

async function names(ownName: string, found: readonly (string | null)[], self: string | null = '192.0.2.11') {
  const look = async (address: string) => await Promise.resolve(found[PEERS.indexOf(address)] ?? null);
  return (await namedNodes(self, PEERS, { ownName, look })).map(({ name, address }) => `${name}=${address}`);
}

test.for([
  ['as their hosts are called', 'web1', ['web2.example.com', 'web3'], ['web1', 'web2', 'web3']],
  ['nodeN where nobody knows', 'web1', [null, null], ['web1', 'node2', 'node3']],
  ['nodeN where a name is none', 'web1', ['-', '12.2.0.192.in-addr.arpa'], ['web1', 'node2', 'node3']],
  ['nodeN where several have it', 'web1', ['gw.example.com', 'gw.example.net'], ['web1', 'node2', 'node3']],
  ['nodeN where this host has it', 'web1', ['web1.lan', 'web3.lan'], ['web1', 'node2', 'web3']],
  ['another N where that is taken', 'node2', [null, 'node3.lan'], ['node2', 'node4', 'node3']],
  ['nodeN where the host has no name of its own', 'localhost', [null, null], ['node1', 'node2', 'node3']],
] as const)('nodes are called %s', async ([, ownName, found, expected]) => {
  const addresses = ['192.0.2.11', ...PEERS];
  expect(await names(ownName, found)).toEqual(expected.map((name, index) => `${name}=${addresses[index]}`));
});

test('without an address of its own this host is not among them', async () => {
  expect(await names('web1', ['web2', null], null)).toEqual(['web2=192.0.2.12', 'node2=192.0.2.13']);
});
