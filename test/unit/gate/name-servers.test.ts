import { describe, expect, test } from 'vitest';
import { nameServersOf } from '../../../lib/gate/name-servers.ts';
import type { Finding } from '../../../lib/findings/register.ts';
import { decide, GRACE_MS, lacksZone } from '../../../lib/gate/policy.ts';
import type { Require, TargetReport, TargetState } from '../../../lib/gate/verdict.ts';

const NAME = '_acme-challenge.example.test';

test('each address of a server is a target, and one of two zones is one target', async () => {
  const server = { name: 'ns1.example.test', addresses: ['127.0.0.1', '127.0.0.2'] };
  const nameless = { name: 'ns2.example.test', addresses: [] };
  const zones = ['a.test', 'b.test'].map((zone) => ({
    ...{ name: NAME, zone, primary: server, servers: [server, nameless] },
  }));
  expect(await nameServersOf(zones)).toMatchObject([
    { kind: 'name-server', name: 'ns1.example.test', address: '127.0.0.1', zones: ['a.test', 'b.test'] },
    { kind: 'name-server', name: 'ns1.example.test', address: '127.0.0.2', zones: ['a.test', 'b.test'] },
    { name: 'ns2.example.test', address: '', unprobed: 'name-server-without-address' },
  ]);
});

test('what a resolver has not told of a server is a target beside the addresses that are known', async () => {
  const unresolved = { code: 'dns-resolver-failed', name: 'ns1.a.test', kind: 'AAAA' } as Finding;
  const server = { name: 'ns1.a.test', addresses: ['127.0.0.1'], unresolved };
  const targets = await nameServersOf([{ name: NAME, zone: 'a.test', primary: server, servers: [server] }]);
  expect(targets.map(({ address, unprobed }) => ({ address, unprobed }))).toEqual([
    { address: '127.0.0.1', unprobed: undefined },
    { address: '', unprobed: undefined },
  ]);
});

describe('the policy of name servers', () => {
  const report = (state: TargetState, more: Partial<TargetReport> = {}, zones = ['a.test']) =>
    ({ target: { kind: 'name-server', isSelf: false, zones }, state, reason: null, ...more }) as TargetReport;
  const served = report('served');
  const missing = report('failing', { reason: { code: 'txt-record-missing', name: NAME, serial: 1 } });
  const refusing = report('failing', { reason: { code: 'name-server-refuses', zone: 'a.test' } });
  const silent = report('silent');

  test.for([
    ['all', silent, 'waiting'],
    ['all', refusing, 'waiting'],
    ['all', missing, 'waiting'],
    ['available', silent, 'met'],
    ['available', refusing, 'waiting'],
    ['available', missing, 'waiting'],
    ['vip', silent, 'met'],
    ['vip', refusing, 'met'],
    ['vip', missing, 'waiting'],
  ] as const satisfies readonly (readonly [Require, TargetReport, string])[])(
    'with %s, beside one that has the record: %o',
    ([require, other, decision]) => {
      expect(decide([served, other], require, GRACE_MS)).toBe(decision);
    },
  );

  test.for(['all', 'available', 'vip'] as const)('with %s wants one server of each zone', (require) => {
    const other = report('silent', {}, ['b.test']);
    expect(decide([served, other], require, 3_600_000)).toBe('waiting');
    expect(lacksZone([served, report('unprobed', {}, ['b.test'])])).toBe(true);
  });
});
