import { expect, it } from 'vitest';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import type { ClusterNode, Config } from '../../../lib/cluster/config.ts';
import { targetsOf, whoOf } from '../../../lib/cluster/target.ts';
import { heldTargets } from '../../../lib/cluster/vips.ts';

const node = (name: string, address: string) =>
  ({ name, address, httpPort: 80, httpsPort: 443 }) as ClusterNode;
const [web1, web2] = [node('web1', '192.0.2.1'), node('web2', '192.0.2.2')];
const config = {
  nodes: [web1, web2],
  vips: ['192.0.2.10', '2001:db8::10'],
  gate: { httpsPort: 443 },
  webServer: { runsOn: 'all' },
} as unknown;
const cluster: Cluster = { config: config as Config, self: web1, peers: [web2] };

it.each([
  ['no VIP', ['192.0.2.1'], ['web1 192.0.2.1']],
  ['one of two', ['192.0.2.1', '192.0.2.10'], ['web1 192.0.2.1', 'vip 192.0.2.10']],
  ['a VIP in another spelling', ['2001:DB8:0::10'], ['web1 192.0.2.1', 'vip 2001:db8::10']],
  ["a peer's address", ['192.0.2.2'], ['web1 192.0.2.1']],
])('are self and the VIPs on local interfaces: %s', (_, addresses, expected) => {
  expect(heldTargets(cluster, targetsOf(cluster), addresses).map(whoOf)).toEqual(expected);
});
