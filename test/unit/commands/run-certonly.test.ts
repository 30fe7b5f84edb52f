import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { lineOf } from '../../../lib/findings/words.ts';
import type { InstallResult } from '../../../lib/state/results.ts';
import { createResults } from '../../../lib/state/outbox.ts';
import { noDamage } from '../../support/no-damage.ts';
import { expect, test } from '../../support/temporary.ts';
import { namesIn, wildcardsIn } from '../../../lib/commands/names-given.ts';
import { challengesIn, preferredOf } from '../../../lib/commands/challenges-given.ts';
import { certbotArgv, tellWhy } from '../../../lib/commands/run-certonly.ts';

const options = {
  hooks: { auth: 'hook-auth', cleanup: 'hook-cleanup', deploy: 'hook-deploy' },
  configDir: '/etc/letsencrypt',
  challenges: 'http',
};

test('certbot gets our hooks before what was given', () => {
  expect(certbotArgv(['-d', 'a.test', '--dry-run'], options)).toEqual([
    'certonly',
    '--authenticator',
    'manual',
    '--preferred-challenges',
    'http',
    '--manual-auth-hook',
    'hook-auth',
    '--manual-cleanup-hook',
    'hook-cleanup',
    '--deploy-hook',
    'hook-deploy',
    '--config-dir',
    '/etc/letsencrypt',
    '-d',
    'a.test',
    '--dry-run',
  ]);
});

test.for([[['--config-dir', '/srv', '-d', 'a']], [['--config-dir=/srv', '-d', 'a']]] as const)(
  'a --config-dir that was given stands: %j',
  ([given]) => {
    const argv = certbotArgv(given, options);
    expect(argv).not.toContain('/etc/letsencrypt');
    expect(argv.slice(-given.length)).toEqual(given);
  },
);

test('an option that only starts alike is not taken for --config-dir', () => {
  expect(certbotArgv(['--config-directory-x', 'y'], options)).toContain('/etc/letsencrypt');
});

test.for([
  [['-d', 'a.test', '--dry-run'], ['a.test']],
  [
    ['-d', 'a.test,b.test', '-db.test', '-d=c.test'],
    ['a.test', 'b.test', 'c.test'],
  ],
  [
    ['--domains', 'a.test', '--domain=b.test, c.test'],
    ['a.test', 'b.test', 'c.test'],
  ],
  [['--ip-address', '192.0.2.1', '--deploy-hook', 'x'], ['192.0.2.1']],
  [['-d', '*.a.test', '-d', 'two words', '-d'], []],
] as const)('the names of %j', ([given, names]) => {
  expect(namesIn(given)).toEqual(names);
});

test('wildcards are told apart: without dns in the configuration nobody proves them', () => {
  expect(wildcardsIn(['-d', '*.a.test,a.test', '-d*.b.test', '-d', '*.*.c.test'])).toEqual([
    '*.a.test',
    '*.b.test',
  ]);
});

test('what keeps a lineage away from this node is named: the last refusal of each', async ({ directory }) => {
  const results = createResults(directory, noDamage);
  await mkdir(join(directory, 'outbox'));
  const stop = { code: 'installer-was-interrupted' } as const;
  const write = async (id: string, lineage: string, rest: Partial<InstallResult>) =>
    await results.write({
      ...{ id: id.repeat(64), lineage, state: 'refused', findings: [stop], messages: [] },
      ...{ at: '2026-02-01T00:00:00Z', ...rest },
    });
  const later = { at: '2026-03-01T00:00:00Z' } as const;
  await write('a', 'a.test', { findings: [{ code: 'interrupted' }] });
  await write('b', 'a.test', later);
  await write('c', 'b.test', {});
  await write('d', 'b.test', { ...later, state: 'installed' });
  await write('e', 'c.test', {});
  const said: string[] = [];
  const io = { err: (line: string) => said.push(line) };
  await tellWhy(['a.test', 'b.test', 'unknown.test'], { config: { stateDir: directory } }, io);
  expect(said).toEqual([`a.test: refused: ${lineOf(stop)}`]);
});

test.for([
  [['-d', 'a.test'], null],
  [['--preferred-challenges', 'dns', '-d', 'a.test'], 'dns'],
  [['--preferred-chall=dns-01,http'], 'dns-01,http'],
  [['--preferred-chain', 'dns'], null],
  [['--preferred-challenges'], ''],
] as const)('which challenge is asked for: %j', ([given, challenges]) => {
  expect(challengesIn(given)).toBe(challenges);
});

test.for([
  [['-d', 'a.test'], [], true, { challenges: 'http,dns', isOurs: true }],
  [['-d', 'a.test'], [], false, { challenges: 'http', isOurs: true }],
  [['--preferred-challenges', 'dns'], ['http'], true, { challenges: 'dns', isOurs: false }],
  [['-d', 'a.test'], ['dns'], true, { challenges: 'dns', isOurs: false }],
  [['-d', 'a.test'], ['dns'], false, { challenges: 'http', isOurs: true }],
  [['-d', 'a.test'], ['http'], true, { challenges: 'http,dns', isOurs: true }],
  [['-d', 'a.test'], ['dns', 'http'], true, { challenges: 'http,dns', isOurs: true }],
] as const)(
  'of %j, with cli.ini %j and dns set or not (%s), certbot takes %j',
  ([given, lists, hasDns, preferred]) => {
    const settings = lists.map((value) => ({ file: '/cli.ini', key: 'preferred-challenges', value }));
    expect(preferredOf(given, settings, hasDns)).toEqual(preferred);
  },
);
