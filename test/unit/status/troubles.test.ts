import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../lib/findings/register.ts';
import type { LineageRow } from '../../../lib/status/lineage-row.ts';
import type { ClusterStatus, NodeRow } from '../../../lib/status/nodes.ts';
import { troublesOf } from '../../../lib/status/troubles.ts';

const NOW = Date.parse('2027-03-01T00:00:00Z');
const hours = (count: number) => new Date(NOW + count * 3_600_000).toISOString();

const node = (name: string, rest: Partial<NodeRow> = {}): NodeRow => ({
  ...{ node: name, address: '192.0.2.1', isSelf: false, isDrained: false, agent: 'reachable', reason: null },
  ...{ version: '1.0.0', heldVips: [], challenges: 0 },
  ...rest,
});

const row = (rest: Partial<LineageRow> = {}): LineageRow => ({
  ...{ lineage: 'a.test', target: 'web1', address: '192.0.2.1', installed: 'newest', serves: 'newest' },
  ...{ generation: null, expected: false },
  // A month of three has gone.
  ...{ notBefore: hours(-30 * 24), notAfter: hours(60 * 24) },
  ...rest,
});

const status = (rest: Partial<ClusterStatus>): ClusterStatus => ({
  ...{ nodes: [node('web1')], vips: [], lineages: [], notes: [], overrides: [], accounts: [] },
  outstanding: [],
  deletions: [],
  ...rest,
});

const silent: Finding = { code: 'agent-silent' };
const unreachable = { agent: 'unreachable', reason: silent } as const;
const NOBODYS = { address: 'v', holder: null, holders: [] };
const late = { node: 'web2', lineage: 'a.test', id: 'a'.repeat(64), reason: silent } as const;

describe('what needs somebody', () => {
  it.each<readonly [string, Partial<ClusterStatus>, readonly unknown[]]>([
    ['nothing', { lineages: [row()], vips: [{ address: 'v', holder: 'web1', holders: ['web1'] }] }, []],
    [
      'nothing on a port that the configuration names, though nobody else serves it',
      { lineages: [row({ serves: 'nothing', expected: true }), row({ serves: null })] },
      [{ who: 'web1 192.0.2.1', found: { code: 'stated-port-fails', lineage: 'a.test' } }],
    ],
    [
      'a node that does not answer',
      { nodes: [node('web2', unreachable)] },
      [{ who: 'web2 192.0.2.1', found: silent }],
    ],
    [
      'a node that answers, and does not tell what it has installed',
      {
        nodes: [node('web2', { reason: silent })],
        lineages: [row({ target: 'web2', installed: 'unknown' })],
      },
      [{ who: 'web2 192.0.2.1', found: silent }],
    ],
    ['not one that is drained', { nodes: [node('web2', { ...unreachable, isDrained: true })] }, []],
    [
      'a VIP on no node',
      { vips: [{ address: 'v', holder: null, holders: [] }] },
      [{ who: null, found: { code: 'vip-without-holder', address: 'v' } }],
    ],
    [
      'not a VIP that a node may hold that does not answer',
      { nodes: [node('web1'), node('web2', unreachable)], vips: [NOBODYS] },
      [{ who: 'web2 192.0.2.1', found: silent }],
    ],
    [
      'nor one that is served',
      {
        nodes: [node('web1'), node('web2', unreachable)],
        vips: [NOBODYS],
        lineages: [row(), row({ address: 'v', target: 'v', installed: null })],
      },
      [{ who: 'web2 192.0.2.1', found: silent }],
    ],
    [
      'but one at which nothing is served',
      {
        nodes: [node('web1'), node('web2', unreachable)],
        vips: [NOBODYS],
        lineages: [row(), row({ address: 'v', target: 'v', installed: null, serves: 'nothing' })],
      },
      [
        { who: 'web2 192.0.2.1', found: silent },
        { who: null, found: { code: 'vip-without-holder', address: 'v' } },
        { who: 'v', found: { code: 'nothing-served' } },
      ],
    ],
    [
      'a VIP on no node, whatever a drained one would say',
      { nodes: [node('web2', { ...unreachable, isDrained: true })], vips: [NOBODYS] },
      [{ who: null, found: { code: 'vip-without-holder', address: 'v' } }],
    ],
    [
      'a VIP on two',
      { vips: [{ address: 'v', holder: 'web1', holders: ['web1', 'web2'] }] },
      [{ who: null, found: { code: 'vip-held-twice', address: 'v', nodes: ['web1', 'web2'] } }],
    ],
    [
      'a certificate with less than a quarter of its time, once for all targets',
      { lineages: [row({ notAfter: hours(9 * 24) }), row({ notAfter: hours(9 * 24), target: 'web2' })] },
      [
        {
          who: null,
          found: { code: 'certificate-ends', lineage: 'a.test', notAfter: '2027-03-10T00:00:00Z' },
        },
      ],
    ],
    [
      'not a short one with half of it',
      { lineages: [row({ notBefore: hours(-80), notAfter: hours(80) })] },
      [],
    ],
    [
      'one that has ended',
      { lineages: [row({ notAfter: hours(-1) })] },
      [{ found: { code: 'certificate-ends' } }],
    ],
    [
      'an older one installed',
      { lineages: [row({ installed: 'older', serves: 'another' })] },
      [{ who: 'web1 192.0.2.1', found: { code: 'older-installed', lineage: 'a.test' } }],
    ],
    ['none installed', { lineages: [row({ installed: 'none' })] }, [{ found: { code: 'older-installed' } }]],
    [
      'an older one served',
      { lineages: [row({ serves: 'another' })] },
      [{ found: { code: 'older-served' } }],
    ],
    [
      'not a name that port 443 does not serve',
      { lineages: [row({ serves: 'foreign' }), row({ serves: 'nothing' })] },
      [],
    ],
    ['not what has just been issued', { lineages: [row({ serves: 'another', notBefore: hours(-1.5) })] }, []],
    [
      'what has been outstanding for more than an hour',
      { outstanding: [{ ...late, since: hours(-1.1) }] },
      [{ who: 'web2', found: { code: 'outstanding-long', lineage: 'a.test' } }],
    ],
    [
      'not what a drained node lacks',
      { nodes: [node('web2', { isDrained: true })], outstanding: [{ ...late, since: hours(-1.1) }] },
      [],
    ],
    ['not what has been for less', { outstanding: [{ ...late, since: hours(-0.9) }] }, []],
  ])('is %s', (_, seen, expected) => {
    const troubles = troublesOf(status(seen), { nowMs: NOW });
    expect(troubles).toHaveLength(expected.length);
    expect(troubles).toMatchObject(expected);
  });

  it('is a certificate with fewer days than are asked for', () => {
    const seen = status({ lineages: [row()] });
    expect(troublesOf(seen, { nowMs: NOW, days: 59 })).toEqual([]);
    expect(troublesOf(seen, { nowMs: NOW, days: 61 })).toHaveLength(1);
  });

  it('is no VIP on no node where none has to hold it, but one on two', () => {
    const vips = [
      { address: 'v', holder: null, holders: [] },
      { address: 'w', holder: 'web1', holders: ['web1', 'web2'] },
    ];
    const troubles = troublesOf(status({ vips }), { nowMs: NOW, needsHolder: false });
    expect(troubles.map(({ found }) => found.code)).toEqual(['vip-held-twice']);
  });
});
