import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import {
  cliIniFiles,
  configFilesIn,
  contradictionsIn,
  obstaclesIn,
  readCliIni,
} from '../../../lib/certbot/cli-ini.ts';
import { expect, test } from '../../support/temporary.ts';

const OURS = [
  {
    ...{ server: 'https://ca.example.test/dir', account: 'a'.repeat(32), preferred_profile: 'tlsserver' },
    ...{ reuse_key: 'true', autorenew: 'true', allow_subset_of_names: 'false', must_staple: 'false' },
    required_profile: null,
  },
];

async function settingsOf(directory: string, text: string) {
  const file = join(directory, 'cli.ini');
  await writeFile(file, text);
  return await readCliIni([file, join(directory, 'absent.ini'), directory]);
}

describe('a line of cli.ini', () => {
  test.for([
    ['authenticator = webroot', ['authenticator', 'webroot']],
    ['authenticator: webroot  # for now', ['authenticator', 'webroot']],
    ['authenticator webroot', ['authenticator', 'webroot']],
    ['--authenticator = webroot', ['authenticator', 'webroot']],
    ['deploy-hook = systemctl reload nginx', ['deploy-hook', 'systemctl reload nginx']],
    ['deploy-hook = service postfix reload && true', ['deploy-hook', 'service postfix reload && true']],
    ['renew-hook = /etc/x.sh', ['renew-hook', '/etc/x.sh']],
    ['manual-auth-hook = /etc/dns.py', ['manual-auth-hook', '/etc/dns.py']],
    ['preferred-challenges = dns-01', ['preferred-challenges', 'dns-01']],
    ['webroot = true', ['webroot', 'true']],
    ['standalone', ['standalone', 'true']],
    ['dns-cloudflare = True', ['dns-cloudflare', 'True']],
    ['server = https://other.test/dir', ['server', 'https://other.test/dir']],
    ['staging = true', ['staging', 'true']],
    ['no-reuse-key = true', ['no-reuse-key', 'true']],
    ['no-autorenew', ['no-autorenew', 'true']],
    ['allow-subset-of-names', ['allow-subset-of-names', 'true']],
    ['must-staple = True', ['must-staple', 'True']],
    ['preferred-profile = shortlived', ['preferred-profile', 'shortlived']],
    ['required-profile = shortlived', ['required-profile', 'shortlived']],
    ['installer = nginx', ['installer', 'nginx']],
    ['installer = "nginx"', ['installer', 'nginx']],
    ["deploy-hook = 'systemctl reload nginx'", ['deploy-hook', 'systemctl reload nginx']],
    ['dry-run = yes', ['dry-run', 'yes']],
  ] as const)('is told of: %s', async ([line, [key, value]], { directory }) => {
    const settings = await settingsOf(directory, `# mine\n\n${line}\r\n`);
    const file = join(directory, 'cli.ini');
    expect(contradictionsIn(settings, OURS)).toEqual([{ code: 'cli-ini-overrides', file, key, value }]);
  });

  test.for([
    '# authenticator = webroot',
    '; authenticator = webroot',
    '[section]',
    'authenticator = manual',
    'webroot = false',
    'webroot-path = /var/www/letsencrypt',
    'dns-cloudflare-credentials = /root/x',
    'deploy-hook = certbot-ha-deploy --config /srv/ha.yaml',
    'manual-auth-hook = "/usr/local/bin/certbot-ha-auth"',
    'preferred-challenges = http,dns',
    `server = ${OURS[0]?.server}`,
    `account = ${OURS[0]?.account}`,
    'reuse-key = True',
    'reuse-key',
    'reuse-key = false',
    'no-must-staple = true',
    'must-staple = false',
    'allow-subset-of-names = no',
    'preferred-profile = tlsserver',
    'installer = None',
    'pre-hook = systemctl stop x',
    'work-dir = /srv/work',
    'email = a@example.test',
    'key-type = rsa',
  ])('is let be: %s', async (line, { directory }) => {
    expect(contradictionsIn(await settingsOf(directory, line), OURS)).toEqual([]);
  });

  test.for([
    ['http', 'dns-01,http-01', true],
    ['dns', 'dns-01,', false],
    ['dns,http', 'dns-01, http-01', false],
    ['http,dns', 'dns-01,', true],
    ['dns', 'http-01,', true],
    ['http', 'http-01,', false],
  ] as const)(
    'preferred-challenges = %s overrides pref_challs = %s: %s',
    async ([value, own, isToldOf], { directory }) => {
      const settings = await settingsOf(directory, `preferred-challenges = ${value}`);
      const lineages = OURS.map((lineage) => ({ ...lineage, pref_challs: own }));
      expect(contradictionsIn(settings, lineages)).toHaveLength(isToldOf ? 1 : 0);
    },
  );

  test.for([
    ['dns', 'http-01,dns-01', ['*.a.test'], false],
    ['dns', 'http-01,dns-01', ['a.test', '*.a.test'], true],
    ['http,dns', 'dns-01,', ['*.a.test'], false],
    ['http', 'http-01,dns-01', ['*.a.test'], true],
    ['http', 'http-01,dns-01', ['a.test'], false],
  ] as const)(
    'preferred-challenges = %s overrides pref_challs = %s of %j: %s',
    async ([value, own, names, isToldOf], { directory }) => {
      const settings = await settingsOf(directory, `preferred-challenges = ${value}`);
      const lineages = OURS.map((lineage) => ({ ...lineage, pref_challs: own, names }));
      expect(contradictionsIn(settings, lineages)).toHaveLength(isToldOf ? 1 : 0);
      expect(contradictionsIn(settings, [], [{ pref_challs: own, names }])).toHaveLength(isToldOf ? 1 : 0);
    },
  );

  test.for([
    ['authenticator = webroot', false],
    ['webroot = true', true],
    ['dns-route53', true],
    ['configurator = nginx', true],
    ['nginx = false', false],
  ] as const)('keeps certonly from its work or not: %s', async ([line, isObstacle], { directory }) => {
    expect(obstaclesIn(await settingsOf(directory, line))).toHaveLength(isObstacle ? 1 : 0);
  });
});

test('cli.ini is where certbot looks for it', () => {
  expect(cliIniFiles('/etc/letsencrypt', { HOME: '/root' })).toEqual([
    '/etc/letsencrypt/cli.ini',
    '/root/.config/letsencrypt/cli.ini',
  ]);
  expect(cliIniFiles('/srv/le', { XDG_CONFIG_HOME: '/x' }, ['/y.ini'])).toEqual([
    ...['/etc/letsencrypt/cli.ini', '/srv/le/cli.ini', '/x/letsencrypt/cli.ini', '/y.ini'],
  ]);
  expect(configFilesIn(['-c', '/a', '--config=/b', '--config', '/c', '-c/d', '-d', 'x', '-c'])).toEqual([
    ...['/a', '/b', '/c', '/d'],
  ]);
});
