import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../lib/findings/register.ts';
import { leastLeft } from '../../../lib/status/limits.ts';
import type { LineageRow } from '../../../lib/status/lineage-row.ts';
import type { ClusterStatus, NodeRow } from '../../../lib/status/nodes.ts';
import { pluginAnswer, type PluginOptions } from '../../../lib/status/plugin.ts';

const NOW = Date.parse('2027-03-01T00:00:00Z');
const DAY_MS = 86_400_000;
const days = (count: number) => new Date(NOW + count * DAY_MS).toISOString();

const node = (name: string, reason: Finding | null = null): NodeRow => ({
  ...{ node: name, address: '192.0.2.1', isSelf: false, isDrained: false, reason },
  ...{ agent: reason === null ? 'reachable' : 'unreachable', version: '1.0.0', heldVips: [], challenges: 0 },
});

/** Of 90 days, as many left. */
const row = (left: number, rest: Partial<LineageRow> = {}): LineageRow => ({
  ...{ lineage: 'a.test', target: 'web1', address: '192.0.2.1', installed: 'newest', serves: 'newest' },
  ...{ generation: null, expected: false, notBefore: days(left - 90), notAfter: days(left) },
  ...rest,
});

const seen = (rest: Partial<ClusterStatus> = {}): ClusterStatus => ({
  ...{ nodes: [node('web1'), node('web2')], vips: [], lineages: [row(41.5)], notes: [], overrides: [] },
  ...{ accounts: [], outstanding: [], deletions: [] },
  ...rest,
});

const answer = (status: ClusterStatus, rest: Partial<PluginOptions> = {}) =>
  pluginAnswer(status, {
    ...{ limits: { warning: null, critical: null }, needsHolder: true, cutOffAfter: null, nowMs: NOW },
    ...rest,
  });
const textOf = (status: ClusterStatus, rest: Partial<PluginOptions> = {}) => {
  const { state, lines } = answer(status, rest);
  return [state, lines[0]?.split(' | ')[0], ...lines.slice(1)];
};

const silent: Finding = { code: 'agent-silent' };

describe('a monitoring plugin', () => {
  test('says in a line what is well, with figures', () => {
    const lineages = [row(41.5), row(41.5, { target: 'web2' }), row(80, { lineage: "b|'=.test" })];
    expect(answer(seen({ lineages }))).toEqual({
      state: 0,
      lines: [
        'OK - 2 lineages on 2 nodes, first expires in 41 days | ' +
          "'lineages'=2;;;0 'nodes'=2;;;0 'nodes_in_trouble'=0;;;0;2 'outstanding'=0;;;0 " +
          "'first_expires'=41.5;22.5:;9:;;90 'a.test'=41.5;22.5:;9:;;90 'b___.test'=80;22.5:;9:;;90",
      ],
    });
  });

  test.each<readonly [string, ClusterStatus, readonly unknown[]]>([
    ['no lineage', seen({ lineages: [], nodes: [node('web1')] }), [0, 'OK - 0 lineages on 1 node']],
    [
      'one that ends tomorrow, of six days',
      seen({ lineages: [row(2, { notBefore: days(-4) })] }),
      [0, 'OK - 1 lineage on 2 nodes, first expires in 2 days'],
    ],
    [
      'less than a quarter left',
      seen({ lineages: [row(20)] }),
      [
        1,
        'WARNING - a.test: ends at 2027-03-21T00:00:00Z, and is not renewed [certificate-ends]; 1 lineage on 2 nodes, first expires in 20 days',
        'WARNING: a.test: ends at 2027-03-21T00:00:00Z, and is not renewed [certificate-ends]',
      ],
    ],
    [
      'one that has expired before all else',
      seen({ nodes: [node('web1'), node('web2', silent)], lineages: [row(-0.5)] }),
      [
        2,
        'CRITICAL - a.test: ends at 2027-02-28T12:00:00Z, and is not renewed [certificate-ends] (and 1 more); 1 lineage on 2 nodes, first has expired 12 h ago',
        'CRITICAL: a.test: ends at 2027-02-28T12:00:00Z, and is not renewed [certificate-ends]',
        'WARNING: web2 192.0.2.1: its agent gave no answer in time [agent-silent]',
      ],
    ],
    [
      'a VIP that nobody holds',
      seen({ vips: [{ address: 'v', holder: null, holders: [] }] }),
      [
        2,
        'CRITICAL - vip v: no node that answers says it holds it [vip-without-holder]; 1 lineage on 2 nodes, first expires in 41 days',
        'CRITICAL: vip v: no node that answers says it holds it [vip-without-holder]',
      ],
    ],
    [
      'what a node has said, whatever is in it',
      seen({ nodes: [node('web1', { code: 'agent-refuses', status: 500, detail: 'a|b\nc' })] }),
      [
        1,
        'WARNING - web1 192.0.2.1: its agent refused (500): a/b c [agent-refuses]; 1 lineage on 1 node, first expires in 41 days',
        'WARNING: web1 192.0.2.1: its agent refused (500): a/b c [agent-refuses]',
      ],
    ],
  ])('tells of %s', (_, status, expected) => {
    expect(textOf(status)).toEqual(expected);
  });

  test('counts what may be on its way, for an hour or two, and says who tells of it', () => {
    const at = (hours: number) => new Date(NOW - hours * 3_600_000).toISOString();
    const status = (hours: number) =>
      seen({
        lineages: [row(89), row(89, { target: 'web2', serves: 'another' })].map((one) => ({
          ...{ ...one, notBefore: at(hours) },
        })),
        outstanding: [{ node: 'web2', lineage: 'a.test', id: 'x', reason: silent, since: at(hours / 2) }],
      });
    expect(textOf(status(1.9))).toEqual([
      0,
      'OK - 1 lineage on 2 nodes, first expires in 89 days, 2 more not told yet for being new: certbot-ha doctor',
    ]);
    expect(textOf(status(2.1))[1]).toMatch(
      /^WARNING - web2 .*\(and 1 more\); 1 lineage on 2 nodes, first expires in 89 days$/,
    );
  });

  test('knows nothing of what it had no time to probe, and tells all that it has seen', () => {
    const blind = row(41.5, { serves: null, isCutOff: true, target: 'web2' });
    const dead = row(41.5, { serves: 'nothing', target: 'web3' });
    const cut = { cutOffAfter: 10 };
    const part =
      'not every node, VIP and port was probed within 10 s: does --timeout need to be longer? [seen-in-part]';
    const summary = '1 lineage on 2 nodes, first expires in 41 days';
    expect(textOf(seen({ lineages: [row(41.5), blind] }), cut)).toEqual([
      ...[3, `UNKNOWN - ${part}; ${summary}`, `UNKNOWN: ${part}`],
    ]);
    expect(textOf(seen({ lineages: [blind, row(1)] }), cut).slice(0, 1)).toEqual([2]);
    const { state, lines } = answer(seen({ lineages: [row(41.5), blind, dead] }), cut);
    expect([state, ...lines.slice(1)]).toEqual([
      ...[1, expect.stringMatching(/^WARNING: web3 .* \[nothing-served\]$/), `UNKNOWN: ${part}`],
    ]);
  });

  test('calls no VIP lost that a node may hold that does not answer, unless it is seen to be dead', () => {
    const vips = [{ address: 'v', holder: null, holders: [] }];
    const nodes = [node('web1'), node('web2', silent)];
    const dead = row(41.5, { address: 'v', target: 'v', serves: 'nothing' });
    const lineages = [row(41.5), dead];
    const blind = { ...dead, serves: null, isCutOff: true, expected: true, lineage: 'b.test' } as const;
    const state = (status: ClusterStatus, cutOffAfter: number | null) =>
      answer(status, { cutOffAfter }).state;
    expect(state(seen({ vips, nodes }), null)).toBe(1);
    expect(state(seen({ vips, nodes, lineages }), null)).toBe(2);
    expect(state(seen({ vips, nodes, lineages }), 10)).toBe(2);
    expect(state(seen({ vips, nodes, lineages: [...lineages, blind] }), 10)).toBe(1);
    expect(state(seen({ vips }), 10)).toBe(2);
  });

  test('says no more than a monitor takes', () => {
    const lineages = Array.from({ length: 80 }, (_, index) =>
      row(5, { lineage: `${'x'.repeat(200)}${index}.test` }),
    );
    const { lines } = answer(seen({ lineages }));
    expect(lines).toHaveLength(32);
    expect(lines.at(-1)).toBe('and 50 more: certbot-ha status --check');
    expect(lines[0]?.split(' | ')[1]?.split(' ')).toHaveLength(4 + 1 + 50);
    for (const line of lines.slice(1)) expect(line.length).toBeLessThanOrEqual(400);
  });
});

describe('what has to be left of a certificate', () => {
  const share = (one: number) => ({ share: one });
  test.each([
    ['of 90 days', 90, null, null, [22.5, 9]],
    ['of 45 days', 45, null, null, [11.25, 4.5]],
    ['of 6 days', 6, null, null, [1.5, 0.6]],
    ['in days', 90, { days: 21 }, { days: 7 }, [21, 7]],
    ['as a part', 90, share(0.2), share(0.05), [18, 4.5]],
    ['with a warning later than what is critical by itself', 90, { days: 5 }, null, [5, 5]],
    ['with what is critical earlier than a warning by itself', 90, null, { days: 30 }, [30, 30]],
  ] as const)('%s', (_, lifetime, warning, critical, expected) => {
    const least = leastLeft({ warning, critical }, lifetime * DAY_MS);
    expect([least.warning / DAY_MS, least.critical / DAY_MS]).toEqual(
      expected.map((one) => expect.closeTo(one, 6)),
    );
  });
});
