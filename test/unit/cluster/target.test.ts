import { expect, test } from 'vitest';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import { targetsOf, whoOf } from '../../../lib/cluster/target.ts';

test('are every node in the order of the file, then every VIP', () => {
  const web1 = { name: 'web1', address: '10.0.0.1', isDrained: false, httpPort: 80, httpsPort: 443 };
  const web2 = { name: 'web2', address: '10.0.0.2', isDrained: true, httpPort: 8080, httpsPort: 8443 };
  const cluster = {
    config: {
      nodes: [web1, web2],
      vips: ['10.0.0.9', 'fd69::9'],
      gate: { httpPort: 80, httpsPort: 443 },
      webServer: { runsOn: 'all' },
    },
    self: web1,
  } as unknown as Cluster;
  const ports = { httpPort: 80, httpsPort: 443 };
  const vip = { kind: 'vip', isSelf: false, isDrained: false, node: null, ...ports };
  expect(targetsOf(cluster)).toEqual([
    { kind: 'node', name: 'web1', address: '10.0.0.1', isSelf: true, isDrained: false, node: web1, ...ports },
    {
      kind: 'node',
      name: 'web2',
      address: '10.0.0.2',
      isSelf: false,
      isDrained: true,
      node: web2,
      httpPort: 8080,
      httpsPort: 8443,
    },
    { ...vip, name: 'vip 10.0.0.9', address: '10.0.0.9' },
    { ...vip, name: 'vip fd69::9', address: 'fd69::9' },
  ]);
  expect(targetsOf(cluster).map(whoOf)).toEqual([
    'web1 10.0.0.1',
    'web2 10.0.0.2',
    'vip 10.0.0.9',
    'vip fd69::9',
  ]);
});
