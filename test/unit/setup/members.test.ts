import { expect, test } from 'vitest';
import type { InterfaceAddress } from '../../../lib/cluster/machine.ts';
import type { VrrpInstance } from '../../../lib/setup/keepalived.ts';
import { membersOf } from '../../../lib/setup/members.ts';

const ETH0: InterfaceAddress = { address: '192.0.2.11', cidr: '192.0.2.11/24', interface: 'eth0' };
const ETH1: InterfaceAddress = { address: '10.9.0.11', cidr: '10.9.0.11/16', interface: 'eth1' };
const DOCKER: InterfaceAddress = { address: '172.17.0.1', cidr: '172.17.0.1/16', interface: 'docker0' };
const SIX: InterfaceAddress = { address: '2001:db8::11', cidr: '2001:db8::11/64', interface: 'eth0' };
const LINK_LOCAL: InterfaceAddress = { address: 'fe80::1', cidr: 'fe80::1/64', interface: 'eth0' };
const HERE = [LINK_LOCAL, DOCKER, ETH1, SIX, ETH0];

const vrrp = (of: Partial<VrrpInstance>): VrrpInstance => ({
  ...{ interfaces: [], sources: [], peers: [], vips: [] },
  ...of,
});

test.for([
  ['its source address', [{ sources: ['10.9.0.11'], peers: ['192.0.2.12'] }], '10.9.0.11'],
  ['the one in the network of its peers', [{ interfaces: ['eth0'], peers: ['10.9.0.12'] }], '10.9.0.11'],
  ['the one of its family there', [{ peers: ['2001:db8::12'] }], '2001:db8::11'],
  [
    'one on the interface, in the network of a VIP',
    [{ interfaces: ['eth0'], vips: ['2001:db8::10'] }],
    '2001:db8::11',
  ],
  ['the first on the interface', [{ interfaces: ['eth1'], vips: ['192.0.2.10'] }], '10.9.0.11'],
  ['the one in the network of a VIP', [{ vips: ['192.0.2.10'] }], '192.0.2.11'],
  ['none of several', [{ vips: ['203.0.113.10'] }], null],
  ['none of several, without keepalived', [], null],
  ['no source that is not here', [{ sources: ['192.0.2.99'], vips: ['203.0.113.10'] }], null],
] as const)("this node's address is %s", ([, instances, self]) => {
  expect(membersOf(instances.map(vrrp), HERE).self).toBe(self);
});

test('this node has the only IPv4 address, which no VIP is', () => {
  const holder = [{ address: '192.0.2.10', cidr: '192.0.2.10/32', interface: 'eth0' }, ETH0, SIX];
  expect(membersOf([vrrp({ vips: ['192.0.2.10'] })], holder)).toMatchObject({ self: '192.0.2.11' });
  expect(membersOf([vrrp({ vips: ['198.51.100.10'] })], [ETH0, SIX, LINK_LOCAL]).self).toBe('192.0.2.11');
  expect(membersOf([], [SIX]).self).toBe('2001:db8::11');
  expect(membersOf([], [])).toEqual({ self: null, candidates: [], peers: [], leftOut: [], vips: [] });
});

test('a host that keepalived knows by several addresses is one node', () => {
  const instances = [
    vrrp({ peers: ['192.0.2.12', '192.0.2.13'], vips: ['192.0.2.10'] }),
    vrrp({ peers: ['10.9.0.12', '10.9.0.13'], vips: ['10.9.0.10'] }),
    vrrp({ peers: ['2001:db8::12', '2001:db8::13'], vips: ['fe80::10', '2001:db8::10'] }),
  ];
  expect(membersOf(instances, HERE)).toEqual({
    self: '192.0.2.11',
    candidates: ['172.17.0.1', '10.9.0.11', '2001:db8::11', '192.0.2.11'],
    peers: ['192.0.2.12', '192.0.2.13'],
    leftOut: ['10.9.0.12', '10.9.0.13', '2001:db8::12', '2001:db8::13'],
    vips: ['192.0.2.10', '10.9.0.10', '2001:db8::10'],
  });
});

test('peers beyond a router count, this host itself does not', () => {
  const instances = [vrrp({ peers: ['198.51.100.12', '192.0.2.11', '203.0.113.13', '2001:db8:1::12'] })];
  expect(membersOf(instances, HERE).peers).toEqual(['198.51.100.12', '203.0.113.13']);
});

test('all peers of the first instance count, in whichever network they are', () => {
  const first = vrrp({ peers: ['192.0.2.12', '198.51.100.13', '2001:db8:1::14'] });
  const second = vrrp({ peers: ['10.9.0.12', '192.0.2.14', '198.51.100.15'] });
  expect(membersOf([vrrp({}), first, second], HERE)).toMatchObject({
    self: '192.0.2.11',
    peers: ['192.0.2.12', '198.51.100.13', '192.0.2.14'],
    leftOut: ['2001:db8:1::14', '10.9.0.12', '198.51.100.15'],
  });
});
