import { expect, test } from 'vitest';
import { droppersIn } from '../../../../lib/setup/firewall/droppers.ts';
import { readRuleset } from '../../../../lib/setup/firewall/ruleset.ts';

const INPUT = { family: 'inet', table: 'filter', name: 'input', type: 'filter', hook: 'input' };

const matching = (left: object, right: unknown, op = '==') => ({ match: { op, left, right } });
const meta = (key: string, right: unknown, op?: string) => matching({ meta: { key } }, right, op);
const port = (right: unknown, op?: string) =>
  matching({ payload: { protocol: 'tcp', field: 'dport' } }, right, op);
const state = (right: unknown) => matching({ ct: { key: 'state' } }, right, 'in');
const saddr = matching({ payload: { protocol: 'ip', field: 'saddr' } }, '192.0.2.66');
const DROP = { drop: null };
const REJECT = { reject: { type: 'icmp', expr: 'port-unreachable' } };

/** The chains that drop, of one for incoming packets with these rules, and what it may jump to. */
function droppers(
  rules: readonly (readonly object[])[],
  chain: object = {},
  elsewhere: readonly object[] = [],
) {
  const place = { ...INPUT, policy: 'accept', ...chain };
  const { family, table } = place;
  const listed = [
    { metainfo: { version: '1.0.6' } },
    { chain: place },
    ...rules.map((expr, handle) => ({ rule: { family, table, chain: place.name, handle, expr } })),
    { rule: { family, table, chain: 'other', handle: 99, expr: elsewhere } },
  ];
  return droppersIn(readRuleset(JSON.stringify({ nftables: listed })), 9480);
}

test.for([
  ['whatever comes', [[DROP]]],
  ['whatever comes, counted and logged', [[{ counter: { packets: 0 } }, { log: null }, REJECT]]],
  ['whatever does not come from this host itself', [[meta('iifname', 'lo', '!='), DROP]]],
  ['what comes by an interface', [[meta('iif', 'eth0'), DROP]]],
  ['TCP', [[meta('l4proto', { set: ['tcp', 'udp'] }), REJECT]]],
  ['all but ICMP', [[meta('l4proto', 'icmp', '!='), DROP]]],
  ['what is new', [[state(['new', 'untracked']), DROP]]],
  ['the port', [[port(9480), DROP]]],
  ['ports around it', [[port({ set: [22, { range: [9000, 9999] }] }), DROP]]],
  ['all ports but others', [[port({ set: [22, 80] }, '!='), DROP]]],
  ['as iptables writes it', [[{ xt: { type: 'target', name: 'REJECT' } }]]],
  ['last', [[port(22), { accept: null }], [DROP]]],
] as const)('a chain drops %s', ([, rules]) => {
  expect(droppers(rules).own).toEqual([{ family: 'inet', table: 'filter', chain: 'input' }]);
});

test.for([
  ['nothing', []],
  ['one address', [[saddr, DROP]]],
  ['what comes from this host itself', [[meta('iif', 'lo'), DROP]]],
  ['ICMP', [[meta('l4proto', 'icmp'), DROP]]],
  ['what belongs to nothing', [[state('invalid'), DROP]]],
  ['other ports', [[port({ range: [1, 9479] }), DROP]]],
  ['all ports but this one', [[port(9480, '!='), DROP]]],
  ['too much of it', [[{ limit: { rate: 3, per: 'second', inv: true } }, DROP]]],
  ['what a set has', [[matching({ fib: { result: 'type' } }, 'broadcast'), DROP]]],
] as const)('a chain that drops %s is left alone', ([, rules]) => {
  expect(droppers(rules)).toEqual({ own: [], ofIptables: [] });
});

test('a policy, and what a chain jumps to, count', () => {
  expect(droppers([], { policy: 'drop' }).own).toHaveLength(1);
  expect(droppers([[{ jump: { target: 'other' } }]], {}, [REJECT]).own).toHaveLength(1);
  expect(droppers([[{ goto: { target: 'other' } }]], {}, [saddr, REJECT]).own).toHaveLength(0);
  expect(droppers([[{ jump: { target: 'input' } }]]).own).toHaveLength(0);
});

test.for([
  ['another hook', { hook: 'forward', policy: 'drop' }],
  ['another type', { type: 'route', policy: 'drop' }],
  ['the family of bridges', { family: 'bridge', policy: 'drop' }],
  ['firewalld', { table: 'firewalld', policy: 'drop' }],
  ['a name that is no name', { name: 'a; flush ruleset', policy: 'drop' }],
] as const)('a chain of %s is left alone', ([, chain]) => {
  expect(droppers([], chain)).toEqual({ own: [], ofIptables: [] });
});

test('a chain of iptables is told apart', () => {
  const { own, ofIptables } = droppers([], { family: 'ip', name: 'INPUT', policy: 'drop' });
  expect({ own, ofIptables }).toEqual({
    own: [],
    ofIptables: [{ family: 'ip', table: 'filter', chain: 'INPUT' }],
  });
});
