import { expect, test } from 'vitest';
import { certbotArgv, namesIn } from '../../../lib/commands/run-certonly.ts';

const options = {
  hooks: { auth: 'hook-auth', cleanup: 'hook-cleanup', deploy: 'hook-deploy' },
  configDir: '/etc/letsencrypt',
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
