import type { Cluster } from '../../../lib/cluster/cluster.ts';
import { renewalPlan } from '../../../lib/status/plan.ts';
import type { ClusterStatus } from '../../../lib/status/nodes.ts';
import { expect, test } from '../../support/temporary.ts';

const NOW = new Date('2027-03-01T00:00:00Z');
const row = (lineage: string, days: number) => ({
  lineage,
  notBefore: new Date(NOW.getTime() + (days - 90) * 86_400_000).toISOString(),
  notAfter: new Date(NOW.getTime() + days * 86_400_000).toISOString(),
});
const vip = (...holders: readonly string[]) => ({
  address: '192.0.2.10',
  holder: holders[0] ?? null,
  holders,
});

test.for([
  [{ mode: 'shared', issuer: 'vip' }, [vip('web2'), vip('web1')], ['web2']],
  [{ mode: 'shared', issuer: 'vip' }, [vip('web1', 'web2')], ['web1', 'web2']],
  [{ mode: 'shared', issuer: 'vip' }, [vip()], []],
  [{ mode: 'shared', issuer: 'web3' }, [vip('web1')], ['web3']],
  [{ mode: 'shared', issuer: 'any' }, [vip('web1')], ['web1', 'web2', 'web3']],
  [{ mode: 'per-node', issuer: 'any' }, [vip('web2')], ['web1']],
] as const)('by %j and holders %j, who renews is %j', async ([rule, vips, nodes], { directory }) => {
  const config = {
    certificates: { ...rule, configDir: directory },
    nodes: ['web1', 'web2', 'web3'].map((name) => ({ name })),
  };
  const cluster = { config, self: { name: 'web1' } } as unknown as Cluster;
  const lineages = [row('a.test', 40), row('a.test', 40), row('b.test', 20)];
  const seen = { lineages, vips } as unknown as ClusterStatus;
  expect(await renewalPlan(cluster, seen, NOW)).toEqual({
    self: 'web1',
    at: NOW.toISOString(),
    issuer: { mode: rule.mode, rule: rule.issuer, nodes },
    renewals: [
      { lineage: 'a.test', due: '2027-03-11T00:00:00Z', isLate: false },
      { lineage: 'b.test', due: '2027-02-19T00:00:00Z', isLate: true },
    ],
  });
});
