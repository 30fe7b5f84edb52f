import { transportsOf } from '../../../lib/cluster/abilities.ts';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import type { Config } from '../../../lib/cluster/config.ts';
import type { Finding } from '../../../lib/findings/register.ts';
import { look, lookAt, withDoctor } from '../../../lib/notify/seen.ts';
import { createIsUnseen } from '../../../lib/notify/unseen.ts';
import { openState } from '../../../lib/state/state.ts';
import type { LineageRow } from '../../../lib/status/lineage-row.ts';
import type { ClusterStatus, NodeRow } from '../../../lib/status/nodes.ts';
import { noDamage } from '../../support/no-damage.ts';
import { expect, test } from '../../support/temporary.ts';

const NOW = Date.parse('2027-03-01T00:00:00Z');
const days = (count: number) => new Date(NOW + count * 86_400_000).toISOString();

const node = (name: string, rest: Partial<NodeRow> = {}): NodeRow => ({
  ...{
    node: name,
    address: `${name}.test`,
    isSelf: false,
    isDrained: false,
    agent: 'reachable',
    reason: null,
  },
  ...{ version: '1.0.0', heldVips: [], challenges: 0 },
  ...rest,
});
const dead = (name: string, reason: Finding = { code: 'agent-silent' }): NodeRow =>
  node(name, { agent: 'unreachable', reason });
/** As another node sees it: itself looks. */
const UNLOOKED = { lookedSecondsAgo: null } as const;
const ALL = [node('web1'), node('web2'), node('web3')];

const row = (left: number, rest: Partial<LineageRow> = {}): LineageRow => ({
  ...{ lineage: 'a.test', target: 'web1', address: '192.0.2.1', installed: 'newest', serves: 'newest' },
  ...{ generation: null, expected: false },
  ...{ notBefore: days(left - 90), notAfter: days(left) },
  ...rest,
});

const NO_VIP = { vips: [{ address: '192.0.2.9', holder: null, holders: [] }] } as const;
const TWICE = { vips: [{ address: '192.0.2.9', holder: 'web1', holders: ['web1', 'web2'] }] } as const;
const LATE = {
  outstanding: [
    { node: 'web3', lineage: 'a.test', id: 'x', reason: { code: 'agent-silent' }, since: days(-1) },
  ],
} as const;
const INI: Finding = { code: 'cli-ini-overrides', file: '/c.ini', key: 'server', value: 'x' };
const LOST: Finding = { code: 'account-lost', lineage: 'a.test', account: 'x', server: 's', directory: '/a' };

test.each([
  ['has failed', 'fail', 1, ['doctor-failed']],
  ['has passed the day before yesterday', 'pass', 47, []],
  ['has not run for two days', 'pass', 49, ['doctor-not-run']],
] as const)('tells of doctor that it %s', (_, result, hours, codes) => {
  const complaints = [{ check: 'units', result: 'fail', code: 'x', message: 'x' }] as const;
  const run = {
    ...{ node: 'web1', at: days(-hours / 24), result, checks: { pass: 1, warn: 0, fail: 0 } },
    complaints: result === 'fail' ? [...complaints] : [],
  };
  const seen = { troubles: [], elsewhere: new Set<string>(), isBlind: false, isTeller: true };
  const told = (self: string) => withDoctor(seen, run, { self, nowMs: NOW }).troubles.map(({ code }) => code);
  expect(told('web1')).toEqual(codes);
  // What another node has written there, a copy of stateDir for instance, is not this one's.
  expect(told('web2')).toEqual([]);
});

function lookOf(
  self: string,
  rest: Partial<ClusterStatus>,
  certificates: Partial<Config['certificates']> = {},
) {
  const status: ClusterStatus = {
    ...{ nodes: ALL, vips: [], lineages: [], notes: [], overrides: [], accounts: [] },
    ...{ outstanding: [], deletions: [] },
    ...rest,
  };
  const config = { certificates: { mode: 'shared', issuer: 'vip', ...certificates } };
  const cluster = { self: { name: self }, config } as unknown as Cluster;
  const { troubles, elsewhere, isTeller } = lookAt(status, cluster, { terms: new Map(), nowMs: NOW });
  return { keys: troubles.map(({ key }) => key), elsewhere: [...elsewhere], isTeller };
}

describe('who tells of what every node sees', () => {
  test.for<readonly [string, readonly NodeRow[], string]>([
    ['the first node', ALL, 'web1'],
    ['the next one, where the first is dead', [dead('web1'), node('web2'), node('web3')], 'web2'],
    [
      'the next one, where the first is drained',
      [node('web1', { isDrained: true }), node('web2'), node('web3')],
      'web2',
    ],
    ['the next one, where the first has never looked', [node('web1', UNLOOKED), node('web2')], 'web2'],
    [
      'the next one, where the first has not looked for long',
      [node('web1', { lookedSecondsAgo: 901 }), node('web2', { lookedSecondsAgo: 899 })],
      'web2',
    ],
    [
      'one that tells nothing of its lineages even so',
      [node('web1', { reason: { code: 'agent-silent' } }), node('web2')],
      'web1',
    ],
    [
      'a drained one, where no other answers',
      [node('web1', { isDrained: true }), dead('web2'), dead('web3')],
      'web1',
    ],
  ])('%s', ([, nodes, teller]) => {
    const looking = nodes.filter(({ agent, lookedSecondsAgo = 0 }) => {
      return agent === 'reachable' && lookedSecondsAgo !== null && lookedSecondsAgo < 900;
    });
    for (const { node: self } of looking) {
      const { isTeller, keys, elsewhere } = lookOf(self, { nodes, ...TWICE });
      expect(isTeller).toBe(self === teller);
      const vip = 'vip-held-twice 192.0.2.9';
      expect({ keys: keys.includes(vip), elsewhere: elsewhere.includes(vip) }).toEqual({
        keys: isTeller,
        elsewhere: !isTeller,
      });
    }
  });

  test('each for itself, where no agent answers', () => {
    const nodes = [dead('web1'), dead('web2')];
    for (const self of ['web1', 'web2'])
      expect(lookOf(self, { nodes })).toMatchObject({ isTeller: true, keys: ['node web1', 'node web2'] });
  });
});

test('that nobody looks on a node is told by who does, unless it is drained or dead', () => {
  const nodes = [
    node('web1', UNLOOKED),
    node('web2'),
    node('web3', { lookedSecondsAgo: 1_000 }),
    node('web4', { ...UNLOOKED, isDrained: true }),
  ];
  expect(lookOf('web2', { nodes })).toMatchObject({
    keys: ['notify-not-looking web1 web1.test', 'notify-not-looking web3 web3.test'],
    isTeller: true,
  });
  // Who looks is who tells, whatever its agent says of the time before.
  expect(lookOf('web1', { nodes })).toMatchObject({
    keys: ['notify-not-looking web3 web3.test'],
    isTeller: true,
  });
});

describe('what could not be seen is not over', () => {
  const seenOf = (rest: Partial<ClusterStatus>) =>
    createIsUnseen({
      ...{ nodes: ALL, vips: [], lineages: [], notes: [], overrides: [], accounts: [] },
      ...{ outstanding: [], deletions: [] },
      ...rest,
    });
  const away = [node('web1'), node('web2'), dead('web3')];
  test.for<readonly [string, Partial<ClusterStatus>, readonly [string | null, string, string], boolean]>([
    [
      'a VIP while a node is away',
      { nodes: away, ...NO_VIP },
      [null, 'vip-without-holder', '192.0.2.9'],
      true,
    ],
    ['not while all answer', NO_VIP, [null, 'vip-without-holder', '192.0.2.9'], false],
    [
      'nor when somebody holds it',
      { nodes: away, ...TWICE },
      [null, 'vip-without-holder', '192.0.2.9'],
      false,
    ],
    [
      'what is installed on a node that is away',
      { nodes: away },
      ['web3 web3.test', 'older-installed', 'a.test'],
      true,
    ],
    ['not on another one', { nodes: away }, ['web2 web2.test', 'older-installed', 'a.test'], false],
    ['what was deleted there by hand', { nodes: away }, ['web3', 'deleted-by-hand', 'a.test'], true],
    ['that nobody looks there', { nodes: away }, ['web3 web3.test', 'notify-not-looking', ''], true],
    [
      'a renewal of what only that node has',
      { nodes: away, lineages: [row(40)] },
      [null, 'renewal-late', 'not-renewed b.test'],
      true,
    ],
    [
      'not of what is here as well',
      { nodes: away, lineages: [row(40)] },
      [null, 'renewal-late', 'not-renewed a.test'],
      false,
    ],
    [
      'what is served where there was no time to look',
      { lineages: [row(40, { serves: null, isCutOff: true })] },
      ['web1 192.0.2.1', 'nothing-served', 'a.test'],
      true,
    ],
    [
      'not where nobody is to look',
      { lineages: [row(40, { serves: null })] },
      ['web1 192.0.2.1', 'nothing-served', 'a.test'],
      false,
    ],
  ])('%s', ([, rest, [who, code, object], expected]) => {
    const key = object.includes(' ') ? object : [code, who, object].filter(Boolean).join(' ');
    expect(seenOf(rest)(key, { who, code })).toBe(expected);
  });
});

describe('what a node tells of that is not the first', () => {
  test.for<readonly [string, Partial<ClusterStatus>, readonly string[], readonly string[]]>([
    ['nothing of a VIP', NO_VIP, [], ['vip-without-holder 192.0.2.9']],
    ['nothing of a dead node', { nodes: [node('web1'), node('web2'), dead('web3')] }, [], ['node web3']],
    ['what it has still to deliver', LATE, ['outstanding-long web3 a.test'], []],
    [
      'what is in its own cli.ini, and which account it has lost',
      { overrides: [INI], accounts: [LOST] },
      ['cli-ini-overrides /c.ini server', 'account-lost a.test s /a'],
      [],
    ],
    [
      'a deletion that waits here, not one by hand',
      {
        deletions: [
          { node: 'web2', lineage: 'a.test', found: { code: 'deletion-waits', lineage: 'a.test' } },
          { node: 'web3', lineage: 'b.test', found: { code: 'deleted-by-hand', lineage: 'b.test' } },
        ],
      },
      ['deletion-waits web2 a.test'],
      ['deleted-by-hand web3 b.test'],
    ],
    [
      'a disk of its own that cannot be read',
      {
        nodes: [
          node('web1'),
          node('web2', { reason: { code: 'file-unreadable', file: '/x', error: 'EIO' } }),
        ],
      },
      ['node web2'],
      [],
    ],
    [
      'nothing of what a node has installed, nor of a renewal',
      { lineages: [row(25, { installed: 'older', target: 'web3' })] },
      [],
      ['not-renewed a.test', 'older-installed web3 192.0.2.1 a.test'],
    ],
  ])('%s', ([, status, keys, elsewhere]) => {
    expect(lookOf('web2', status)).toEqual({ keys, elsewhere, isTeller: false });
  });

  test('all of its lineages, where each node has its own', () => {
    const seen = lookOf('web2', { ...NO_VIP, lineages: [row(10)] }, { mode: 'per-node' });
    expect(seen.keys).toEqual(['not-renewed a.test']);
  });
});

describe('it is the same trouble', () => {
  test('whatever a node does not answer with', () => {
    const reasons: readonly Finding[] = [
      { code: 'agent-silent' },
      { code: 'connection-refused', who: 'agent', port: 9480, error: 'ECONNREFUSED' },
    ];
    const keys = reasons.map(
      (reason) => lookOf('web1', { nodes: [node('web1'), dead('web2', reason)] }).keys,
    );
    expect(keys).toEqual([['node web2'], ['node web2']]);
  });

  test('when a renewal that is late becomes an end that is near, in graver words', () => {
    const status = {
      ...{ vips: [], notes: [], overrides: [], accounts: [], outstanding: [], deletions: [] },
    };
    const cluster = {
      self: { name: 'web1' },
      config: { certificates: { mode: 'shared', issuer: 'any' } },
    } as unknown as Cluster;
    const codes = [35, 25, 10].map((left) => {
      const seen = { ...status, nodes: ALL, lineages: [row(left), row(left, { target: 'web2' })] };
      const { troubles } = lookAt(seen, cluster, { terms: new Map(), nowMs: NOW });
      return troubles.map(({ key, code }) => `${key}: ${code}`);
    });
    expect(codes).toEqual([
      [],
      ['not-renewed a.test: renewal-late'],
      ['not-renewed a.test: certificate-ends'],
    ]);
  });
});

test(
  'a look that takes too long is ended, and told as its own trouble',
  { timeout: 10_000 },
  async ({ directory }) => {
    const web1 = { name: 'web1', address: '127.0.0.1', isDrained: false };
    const config = {
      ...{ nodes: [web1], vips: [], stateDir: directory, transport: transportsOf('rsync') },
      ...{
        certificates: { mode: 'shared', configDir: directory, lineages: {} },
        webServer: { runsOn: 'all' },
      },
      agent: { keyFile: join(directory, 'key') },
    };
    const said: string[] = [];
    const cluster = { self: web1, peers: [], config } as unknown as Cluster;
    const { outstanding, records } = openState({ stateDir: directory }, noDamage);
    const never = async () => await new Promise<never>(() => undefined);
    const state = { outstanding: { ...outstanding, list: never }, records };
    const seen = await look(cluster, state, { env: {}, err: (line) => void said.push(line), withinMs: 100 });
    expect(seen).toMatchObject({ isBlind: true, troubles: [{ who: 'web1', code: 'check-too-slow' }] });
    expect(said[0]).toBe('certbot-ha notify: no result within 0.1 s [check-too-slow]');
  },
);

test('what keeps it from looking is told as its own trouble', async () => {
  const web1 = { name: 'web1', isDrained: false };
  const config = {
    ...{
      nodes: [web1],
      stateDir: '/nowhere',
      certificates: { configDir: '/nowhere' },
      transport: transportsOf('http'),
    },
    agent: { keyFile: '/nowhere/key' },
  };
  const said: string[] = [];
  const cluster = { self: web1, peers: [], config } as unknown as Cluster;
  const state = { outstanding: undefined as never, records: undefined as never };
  const seen = await look(cluster, state, { env: {}, err: (line) => void said.push(line) });
  expect(seen).toEqual({
    ...{ elsewhere: new Set(), isBlind: true, isTeller: true },
    troubles: [
      {
        ...{ key: 'key-file-missing web1 /nowhere/key', who: 'web1', code: 'key-file-missing' },
        message: 'key file /nowhere/key: no such file',
      },
    ],
  });
  expect(said[0]).toBe('key file /nowhere/key: no such file [key-file-missing]');
});
