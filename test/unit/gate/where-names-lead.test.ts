import { once } from 'node:events';
import { expect, test } from 'vitest';
import { lineOf } from '../../../lib/findings/words.ts';
import { whereNamesLead } from '../../../lib/gate/where-names-lead.ts';
import type { Config } from '../../../lib/cluster/config.ts';

const DNS: Readonly<Record<string, readonly string[] | null>> = {
  'vip.example.com': ['192.168.69.10'],
  'node.example.com': ['FD69:0::11', '192.168.69.10'],
  'by-name.example.com': ['192.168.69.13'],
  'web3.lan': ['192.168.69.13'],
  'nat.example.com': ['198.51.100.7'],
  'old.example.com': ['2001:db8::1', '192.168.69.10'],
  'both.example.com': ['2001:db8::1', '198.51.100.7'],
  'gone.example.com': [],
  'slow.example.com': null,
  'a.example.test': [],
};
const config = {
  nodes: [{ address: '192.168.69.11' }, { address: 'fd69::11' }, { address: 'web3.lan' }],
  vips: ['192.168.69.10'],
} as unknown as Config;

test.for([
  ['vip.example.com', []],
  ['node.example.com', []],
  ['by-name.example.com', []],
  ['192.168.69.10', []],
  ['a.example.test', []],
  [
    'nat.example.com',
    [
      'nat.example.com leads to 198.51.100.7, which is neither a node nor a VIP: the CA asks there (behind NAT that may be right) [name-leads-elsewhere]',
    ],
  ],
  [
    '198.51.100.9',
    [
      '198.51.100.9 leads to 198.51.100.9, which is neither a node nor a VIP: the CA asks there (behind NAT that may be right) [name-leads-elsewhere]',
    ],
  ],
  [
    'old.example.com',
    [
      'old.example.com has an AAAA record, 2001:db8::1, which is neither a node nor a VIP: the CA asks by IPv6 first [aaaa-leads-elsewhere]',
    ],
  ],
  ['both.example.com', [expect.stringContaining('2001:db8::1'), expect.stringContaining('198.51.100.7')]],
  ['gone.example.com', ['gone.example.com has no address: the CA will not find it [name-without-address]']],
  [
    'slow.example.com',
    [
      'slow.example.com could not be looked up within 3 s: where the CA will ask is not known [name-not-looked-up]',
    ],
  ],
] as const)('%s', async ([name, lines]) => {
  const findings = await whereNamesLead(
    config,
    [name],
    AbortSignal.timeout(5_000),
    async (asked) => DNS[asked] ?? null,
  );
  expect(findings.map(lineOf)).toEqual(lines);
});

test('nothing is said of names whose look-up was interrupted', async () => {
  const lookUp = async () => null;
  expect(await whereNamesLead(config, ['slow.example.com'], AbortSignal.abort(), lookUp)).toEqual([]);
});

test('what there was no time for was not looked up, and is not well', async () => {
  const lookUp = async () => null;
  const signal = AbortSignal.timeout(0);
  await once(signal, 'abort');
  expect(await whereNamesLead({ ...config, nodes: [] }, ['slow.example.com'], signal, lookUp)).toEqual([
    { code: 'name-not-looked-up', name: 'slow.example.com', seconds: 3 },
  ]);
});

test('where a node is not known, no name leads elsewhere', async () => {
  const find = async (name: string) => (name === 'web3.lan' ? null : (DNS[name] ?? null));
  const names = ['by-name.example.com', 'gone.example.com', 'slow.example.com'];
  const findings = await whereNamesLead(config, names, AbortSignal.timeout(5_000), find);
  expect(findings.map((found) => [found.code, 'name' in found && found.name])).toEqual([
    ['name-not-looked-up', 'web3.lan'],
    ['name-without-address', 'gone.example.com'],
    ['name-not-looked-up', 'slow.example.com'],
  ]);
});
