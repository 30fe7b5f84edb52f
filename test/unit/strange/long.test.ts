import { describe, expect, test } from 'vitest';
import { nearest } from '../../../lib/base/nearest.ts';
import { CertbotHaError } from '../../../lib/base/errors.ts';
import { asksWho, otherClientsIn, renews } from '../../../lib/certbot/renews.ts';
import { configOf } from '../../../lib/cluster/config.ts';
import { apacheWebroot } from '../../../lib/setup/apache-webroot.ts';
import { droppersIn } from '../../../lib/setup/firewall/droppers.ts';
import { readRuleset } from '../../../lib/setup/firewall/ruleset.ts';
import { glob } from '../../../lib/setup/glob.ts';
import { readKeepalived } from '../../../lib/setup/keepalived.ts';
import { nginxWebroot } from '../../../lib/webserver/nginx-webroot.ts';
import { expectWords } from '../../support/strange/words.ts';
import { cpuMs } from '../../support/cpu-time.ts';

/** Half of what is read of a file. */
const CHARS = 524_288;
const long = (part: string) => part.repeat(Math.ceil(CHARS / part.length));
const asFile = (text: string) => ({
  text: async (file: string) => (file === '/k' ? text : null),
  names: async () => [],
});
const problemsOf = (text: string) => {
  try {
    return configOf('/c', text);
  } catch (error) {
    if (!(error instanceof CertbotHaError)) throw error;
    return error.findings;
  }
};

const chain = { family: 'inet', table: 'filter', name: 'input', type: 'filter', hook: 'input' };
const rule = { ...chain, chain: 'input', handle: 1, expr: [{ jump: { target: 'input' } }] };
const JUMPS = JSON.stringify({ nftables: [{ chain }, { rule }, { rule }, { rule }] });

describe('what is long is read as soon as what is short', () => {
  test.for([
    ['a script that names certbot', () => renews(long('certbot '))],
    ['a script that names another client', () => otherClientsIn(long('lego ')).length > 0],
    ['a script that names certbot-ha', () => asksWho(long('certbot-ha'))],
    ['a path in nginx', () => nginxWebroot(`location ~ ${long('.well-known/')} { root /x; }`)],
    [
      'slashes in Apache',
      () =>
        apacheWebroot([`Alias /.well-known/acme-challenge/ ${long('/')}x/.well-known/acme-challenge`]) ===
        null,
    ],
    [
      'a key that nobody knows',
      () =>
        nearest(
          long('a'),
          Array.from({ length: 40 }, () => 'a key of ours'),
        ),
    ],
    ['chains of nft that jump to each other', () => droppersIn(readRuleset(JUMPS), 9_480).own.length > 0],
  ] as const)('%s', ([, read]) => {
    const usedMs = cpuMs();
    expect(read()).toBeOneOf([null, false]);
    expect(cpuMs() - usedMs).toBeLessThan(2_000);
  });

  test.for([
    ['that go on', '\\\n', 0],
    ['of instances whose braces are missing', 'vrrp_instance a {\n', 20_000],
  ] as const)('lines of keepalived %s', async ([, part, atLeast]) => {
    const usedMs = cpuMs();
    const { instances } = await readKeepalived('/k', { hostname: 'a', reader: asFile(long(part)) });
    expect(instances.length).toBeGreaterThanOrEqual(atLeast);
    expect(cpuMs() - usedMs).toBeLessThan(2_000);
  });
});

test('a pattern with many stars is soon compared with the longest name', async () => {
  const usedMs = cpuMs();
  expect(await glob(`/${'*a'.repeat(60)}*e`, async () => ['a'.repeat(255)])).toEqual([]);
  expect(cpuMs() - usedMs).toBeLessThan(2_000);
});

test('a pattern that leads through links back to where it began ends, and names nothing', async () => {
  const directories: string[] = [];
  const list = async (directory: string) => {
    directories.push(directory);
    return ['a', 'b', 'c', 'd'];
  };
  expect(await glob('/*/*', list)).toHaveLength(16);
  expect(await glob('/*/*/*/*/*/*/*/*', list)).toEqual([]);
  expect(directories.length).toBeLessThan(2_000);
});

describe('a configuration by YAML’s aliases', () => {
  const levels = ['a b', 'b c', 'c d', 'd e', 'e f', 'f g', 'g h', 'h i', 'i j', 'j k', 'k l']
    .map((pair) => pair.split(' '))
    .map(
      ([before = '', name = '']) =>
        `${name}: &${name} [${Array.from({ length: 10 }, () => `*${before}`).join(',')}]`,
    );
  test.for([
    ['that has itself in it', 'nodes: &a [*a]'],
    ['that is a thousand million values', `a: &a [x]\n${levels.join('\n')}\nnodes: *l`],
  ] as const)('%s is refused with words', ([, text]) => {
    const problems = problemsOf(text);
    expect(problems).toContainEqual({
      ...{ code: 'invalid-value', file: '/c', key: 'nodes', got: 'a list' },
      expected: 'a mapping of node names to addresses',
    });
    if (Array.isArray(problems)) expectWords(...problems);
  });

  test('whose value is long is refused with its beginning', () => {
    const problems = problemsOf(`webroot: ${'x'.repeat(10_000)}`);
    const [shown = ''] = /"x+…?/.exec(JSON.stringify(problems).replaceAll('\\"', '"')) ?? [];
    expect(shown).toBe(`"${'x'.repeat(999)}…`);
  });
});
