import { expect, test } from 'vitest';
import { adminPlaceOf, lookupPlaceOf } from '../../../lib/cluster/admin-place.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import { configOf } from '../../../lib/cluster/config.ts';

function clusterWith(text: string, node = '192.0.2.1'): Pick<Cluster, 'config' | 'self'> {
  const config = configOf('config.yaml', `nodes: { web1: ${node}, web2: 192.0.2.2 }\n${text}\n`);
  const [self] = config.nodes;
  if (self === undefined) throw new Error('no node');
  return { config, self };
}

test.for<readonly [string, string | null, string?]>([
  ['', '127.0.0.1:9481'],
  ['agent: { lookup: thumbprint }', '127.0.0.1:9481'],
  ['agent: { adminListen: "[::1]:9999" }', '[::1]:9999'],
  ['agent: { adminListen: "0.0.0.0:9999" }', '127.0.0.1:9999'],
  ['agent: { adminListen: "[::]:9999" }', '[::1]:9999'],
  ['agent: { adminListen: "localhost:80" }', '127.0.0.1:80'],
  ['', '192.0.2.1:80', '{ address: 192.0.2.1, adminListen: "192.0.2.1:80" }'],
  ['agent: { lookup: off }', null],
  ['agent: { adminListen: off }', null],
  ['agent: { adminListen: 127.0.0.1:1 }', null, '{ address: 192.0.2.1, adminListen: off }'],
  ['transport: rsync', null],
  ['transport: { challenges: rsync, lineages: http }', '127.0.0.1:9481'],
  // What one agent could find, every node has.
  ['transport: { challenges: shared, lineages: http }', null],
])('with %j a web server asks %j', ([text, expected, node]) => {
  expect(lookupPlaceOf(clusterWith(text, node))).toBe(expected);
});

test('an agent that listens nowhere for its own host has no place', () => {
  expect(adminPlaceOf(clusterWith('agent: { adminListen: off }'))).toBeNull();
});
