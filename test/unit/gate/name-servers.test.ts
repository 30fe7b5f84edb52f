import { describe, expect, test } from 'vitest';
import { nameBesideAddress, whoOf } from '../../../lib/cluster/target.ts';
import { nameServersOf } from '../../../lib/gate/name-servers.ts';
import type { Finding } from '../../../lib/findings/register.ts';
import { holdGate } from '../../../lib/gate/gate.ts';
import { blocking, decide, GRACE_MS, isRequired, lacksZone } from '../../../lib/gate/policy.ts';
import type { Require, TargetReport, TargetState } from '../../../lib/gate/verdict.ts';

const NAME = '_acme-challenge.example.test';

test('each address of a server is a target, once for each zone', async () => {
  const server = { name: 'ns1.example.test', addresses: ['127.0.0.1', '127.0.0.2'] };
  const nameless = { name: 'ns2.example.test', addresses: [] };
  const zones = ['a.test', 'b.test'].map((zone) => ({
    ...{ name: NAME, zone, primary: server, servers: [server, nameless] },
  }));
  const targetsOf = (zone: string) => [
    { kind: 'name-server', name: 'ns1.example.test', address: '127.0.0.1', zones: [zone] },
    { kind: 'name-server', name: 'ns1.example.test', address: '127.0.0.2', zones: [zone] },
    { name: 'ns2.example.test', address: '', unprobed: 'name-server-without-address', zones: [zone] },
  ];
  const targets = await nameServersOf(zones);
  expect(targets).toMatchObject([...targetsOf('a.test'), ...targetsOf('b.test')]);
  // Lines about several zones say which one they are about.
  expect([...new Set(targets.map(whoOf))]).toEqual(
    ['a.test', 'b.test'].flatMap((zone) => [
      `ns1.example.test 127.0.0.1 (${zone})`,
      `ns1.example.test 127.0.0.2 (${zone})`,
      `ns2.example.test (${zone})`,
    ]),
  );
  expect(targets.map(nameBesideAddress)).toContain('ns1.example.test (b.test)');
  expect((await nameServersOf(zones.slice(1))).map(whoOf)).toContain('ns1.example.test 127.0.0.1');
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
  const asked = report('waiting');

  test.for([
    ['all', silent, 'waiting'],
    ['all', refusing, 'waiting'],
    ['all', missing, 'waiting'],
    ['available', silent, 'met'],
    ['available', asked, 'waiting'],
    ['available', refusing, 'waiting'],
    ['available', missing, 'waiting'],
    ['vip', silent, 'met'],
    ['vip', asked, 'waiting'],
    ['vip', refusing, 'met'],
    ['vip', missing, 'waiting'],
  ] as const satisfies readonly (readonly [Require, TargetReport, string])[])(
    'with %s, beside one that has the record: %o',
    ([require, other, decision]) => {
      expect(decide([served, other], require, GRACE_MS)).toBe(decision);
    },
  );

  test('with vip lets no server pass for a zone that refuses for another, in whichever order they come', async () => {
    const name = (zone: string) => ({ identifier: zone, zone });
    const states = async (subjects: readonly ReturnType<typeof name>[]) => {
      const servers = [{ name: 'ns1.test', addresses: ['127.0.0.1'] }];
      const more = [{ name: 'ns2.test', addresses: ['127.0.0.2'] }];
      const zones = subjects.map(({ zone }) => ({
        name: zone,
        zone,
        primary: servers[0]!,
        servers: [...servers, ...more],
      }));
      const verdict = await holdGate<{ readonly identifier: string; readonly zone: string }>({
        ...{ targets: await nameServersOf(zones), subjects, require: 'vip', timeoutMs: 400 },
        ...{ signal: new AbortController().signal, nameOf: ({ identifier }) => identifier },
        isFor: ({ zones: of = [] }, { zone }) => of.includes(zone),
        probe: async ({ address }, { zone }) =>
          address === '127.0.0.2'
            ? { state: 'served' }
            : {
                state: 'failing',
                reason:
                  zone === 'refused.test'
                    ? { code: 'name-server-refuses', zone }
                    : { code: 'txt-record-missing', name: zone, serial: 1 },
              },
      });
      return verdict.targets
        .filter((one) => isRequired(one, 'vip') && one.state !== 'served')
        .map(({ missing }) => missing);
    };
    const [refused, lacking] = [name('refused.test'), name('lacking.test')];
    expect(await states([refused, lacking])).toEqual([['lacking.test']]);
    expect(await states([lacking, refused])).toEqual([['lacking.test']]);
  });

  test.for(['available', 'vip'] as const)(
    'with %s the servers of a zone that all are silent block it',
    (require) => {
      const lost = report('silent', { missing: ['b.test'] }, ['b.test']);
      const others = [served, report('silent', { missing: ['a.test'] })];
      expect(blocking([...others, lost], require)).toEqual([lost]);
    },
  );

  test.for(['all', 'available', 'vip'] as const)('with %s wants one server of each zone', (require) => {
    const other = report('silent', {}, ['b.test']);
    expect(decide([served, other], require, 3_600_000)).toBe('waiting');
    expect(lacksZone([served, report('unprobed', {}, ['b.test'])])).toBe(true);
  });
});
