import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { CertbotHaError } from '../../../lib/base/errors.ts';
import { configOf } from '../../../lib/cluster/config.ts';
import { isNodeName } from '../../../lib/cluster/schema.ts';
import { configText } from '../../../lib/setup/compose.ts';
import type { Found } from '../../../lib/setup/find.ts';
import { settle, type GivenSettings } from '../../../lib/setup/settings.ts';
import { isIpAddress, normalAddress } from '../../../lib/net/address.ts';
import { runs } from '../../support/strange/runs.ts';

const NOT_GIVEN: GivenSettings = {
  ...{ nodes: undefined, vips: undefined, webroot: undefined, webServer: undefined, transport: undefined },
};
const FOUND: Found = {
  nodes: { words: ['web1=192.0.2.11', 'web2=192.0.2.12'], seen: [] },
  vips: { words: ['192.0.2.10'], seen: [] },
  webroot: { words: ['/srv/acme'], seen: [] },
  webServer: { words: ['apache'], seen: ['apache'] },
  kept: ['192.0.2.10'],
  problems: [],
};
const UNDECIDED: Found = {
  ...FOUND,
  nodes: { words: null, seen: ['web1=192.0.2.11'] },
  vips: { words: null, seen: [] },
  webServer: { words: null, seen: ['nginx', 'haproxy'] },
};
const SETTLED = {
  nodes: [
    { name: 'web1', address: '192.0.2.11' },
    { name: 'web2', address: '192.0.2.12' },
  ],
  vips: ['192.0.2.10'],
  webroot: '/srv/acme',
  webServer: 'apache',
  transport: 'http',
};

const nobody = { ask: null, tell: () => {} };

/** Somebody who types these answers, one after the other. */
function somebody(...answers: readonly string[]) {
  const asked: string[] = [];
  const told: string[] = [];
  const waiting = [...answers];
  const ask = async (question: string, found: string | null) => {
    asked.push(`${question} [${found ?? ''}]`);
    return await Promise.resolve(waiting.shift() ?? 'no more answers');
  };
  return { asked, told, waiting, ask, tell: (line: string) => void told.push(line) };
}

async function problemsOf(given: Partial<GivenSettings>, found = FOUND) {
  const error: unknown = await settle({ ...NOT_GIVEN, ...given }, found, nobody).catch(
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CertbotHaError)) throw new Error('it was accepted');
  expect(error.exitCode).toBe(2);
  return error.problems;
}

test('without anybody to ask, what was found counts', async () => {
  expect(await settle(NOT_GIVEN, FOUND, nobody)).toEqual(SETTLED);
});

test('what is given counts instead', async () => {
  const given = {
    nodes: ['a=192.0.2.21', 'b=[2001:db8::22]', 'c=c.example.com'],
    vips: ['2001:db8::10', '192.0.2.20'],
    ...{ webroot: ['/srv/a b'], webServer: ['none'], transport: ['rsync'] },
  };
  expect(await settle(given, UNDECIDED, nobody)).toEqual({
    nodes: [
      { name: 'a', address: '192.0.2.21' },
      { name: 'b', address: '2001:db8::22' },
      { name: 'c', address: 'c.example.com' },
    ],
    vips: ['2001:db8::10', '192.0.2.20'],
    ...{ webroot: '/srv/a b', webServer: 'none', transport: 'rsync' },
  });
  expect(await settle({ ...NOT_GIVEN, vips: ['none'] }, FOUND, nobody)).toMatchObject({ vips: [] });
});

test('several in one option are as good as an option for each', async () => {
  const given = {
    ...NOT_GIVEN,
    nodes: ['web1=192.0.2.11,web2=192.0.2.12'],
    vips: ['192.0.2.10 [2001:db8::10]'],
  };
  expect(await settle(given, FOUND, nobody)).toEqual({ ...SETTLED, vips: ['192.0.2.10', '2001:db8::10'] });
});

test('all that nothing decides is told at once, with its option', async () => {
  expect(await problemsOf({}, UNDECIDED)).toEqual([
    expect.stringMatching(
      /^--node: missing: expected NAME=ADDRESS .*; found: web1=192\.0\.2\.11 \[setting-missing\]$/,
    ),
    '--vip: missing: expected an address, or none; found: none [setting-missing]',
    expect.stringMatching(/^--web-server: missing: .*; found: nginx, haproxy \[setting-missing\]$/),
  ]);
});

test.for([
  [
    'a node without its address',
    { nodes: ['web1=192.0.2.11', 'web2'] },
    '--node: expected NAME=ADDRESS, such as web1=192.0.2.11, got "web2"',
  ],
  [
    'a node with a number too many',
    { nodes: ['web1=192.0.2.1.1'] },
    '--node: expected NAME=ADDRESS, such as web1=192.0.2.11, got "web1=192.0.2.1.1"',
  ],
  [
    'a node without its name',
    { nodes: ['=192.0.2.11'] },
    '--node: expected NAME=ADDRESS, such as web1=192.0.2.11, got "=192.0.2.11"',
  ],
  [
    'one name twice',
    { nodes: ['a=192.0.2.11', 'a=192.0.2.12'] },
    '--node: expected a name of its own for each node, got "a=192.0.2.12"',
  ],
  [
    'one address twice',
    { nodes: ['a=2001:db8::11', 'b=[2001:DB8:0::11]'] },
    '--node: expected an address of its own for each node, got "b=[2001:DB8:0::11]"',
  ],
  [
    'no node',
    { nodes: [''] },
    '--node: expected NAME=ADDRESS for each node, such as web1=192.0.2.11 web2=192.0.2.12, got nothing',
  ],
  [
    'a VIP that is a name',
    { vips: ['www.example.com'] },
    '--vip: expected an IPv4 or IPv6 address, or none, got "www.example.com"',
  ],
  [
    'a VIP beside none',
    { vips: ['none', '192.0.2.10'] },
    '--vip: expected an IPv4 or IPv6 address, or none, got "none"',
  ],
  ['a relative webroot', { webroot: ['srv'] }, '--webroot: expected an absolute path, got "srv"'],
  [
    'another web server',
    { webServer: ['ngnix'] },
    '--web-server: expected one of nginx, apache, caddy, haproxy, none, got "ngnix"',
  ],
  [
    'another transport',
    { transport: ['ftp'] },
    '--transport: expected one of http, rsync, shared, syncthing, unison, got "ftp"',
  ],
] as const)('%s is refused', async ([, given, words]) => {
  expect(await problemsOf(given)).toEqual([`${words} [usage]`]);
});

test('somebody who types nothing takes what was found', async () => {
  const operator = somebody('', '', '', '', '');
  expect(await settle(NOT_GIVEN, FOUND, operator)).toEqual(SETTLED);
  expect(operator.asked[0]).toMatch(/^Nodes, .*\[web1=192\.0\.2\.11 web2=192\.0\.2\.12\]$/);
});

test('somebody is asked again until the answer can be used, and not for what is given', async () => {
  const operator = somebody('', 'web1', 'web1=192.0.2.11, web2=192.0.2.12', '192.0.2.10', 'apache');
  const given = { ...NOT_GIVEN, webroot: ['/srv/acme'], transport: ['http'] };
  expect(await settle(given, UNDECIDED, operator)).toEqual(SETTLED);
  expect(operator.told).toEqual([
    expect.stringContaining('got nothing'),
    expect.stringContaining('expected NAME=ADDRESS, such as web1=192.0.2.11, got "web1"'),
  ]);
  expect(operator.asked[0]).toContain('(found: web1=192.0.2.11)');
  expect(operator.waiting).toEqual([]);
});

test('whatever is settled, the configuration says', () => {
  const name = fc
    .oneof(
      fc.constantFrom(
        'null',
        'true',
        'No',
        'y',
        '1e3',
        '0x10',
        '2026-01-01',
        '1.5',
        '12',
        'web1',
        'a.b',
        'on',
      ),
      fc.string({ minLength: 1, maxLength: 12 }),
    )
    .filter((word) => isNodeName(word) && word !== '__proto__');
  const address = fc.oneof(fc.ipV4(), fc.ipV6()).filter(isIpAddress);
  const webroot = fc
    .oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('a: b', '#x', '"', "'\\", '{a', '- b'))
    .map((rest) => `/${rest}`);
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(name, address), { minLength: 1, maxLength: 4, selector: ([word]) => word }),
      fc.array(address, { maxLength: 3 }),
      webroot,
      (entries, vips, path) => {
        const all = new Set([...entries.map(([, one]) => one), ...vips].map(normalAddress));
        fc.pre(all.size === entries.length + vips.length);
        const nodes = entries.map(([word, one]) => ({ name: word, address: one }));
        const settings = { nodes, vips, webroot: path, webServer: 'caddy', transport: 'shared' } as const;
        const config = configOf('config.yaml', configText(settings, { keyFile: '/etc/a b/cluster.key' }));
        const byName = (one: { readonly name: string }, other: { readonly name: string }) =>
          one.name.localeCompare(other.name);
        expect(
          config.nodes.map(({ name: word, address: one }) => ({ name: word, address: one })).toSorted(byName),
        ).toEqual(nodes.toSorted(byName));
        expect(config).toMatchObject({
          vips,
          transport: { challenges: 'shared', lineages: 'shared' },
          webServer: { kind: 'caddy' },
          agent: { keyFile: '/etc/a b/cluster.key' },
        });
        expect(config.nodes[0]?.webroot).toBe(path);
        expect(config.certificates.issuer).toBe(vips.length > 0 ? 'vip' : 'any');
      },
    ),
    runs(100),
  );
});

test('a webroot with spaces or commas is one word of an answer', async () => {
  const { ask, tell } = somebody('', '', ' /srv/my acme, too ', '', '');
  const settled = await settle(NOT_GIVEN, FOUND, { ask, tell });
  expect(settled.webroot).toBe('/srv/my acme, too');
});
