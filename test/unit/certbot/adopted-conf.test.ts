import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adoptedConf } from '../../../lib/certbot/adopted-conf.ts';
import { renewerOf } from '../../../lib/certbot/renewal-data.ts';
import { readSettings } from '../../../lib/certbot/settings.ts';
import { renewalConf } from '../../support/lineage/renewal-conf.ts';
import { runs } from '../../support/strange/runs.ts';

const HOOKS = { auth: 'certbot-ha-auth', cleanup: 'certbot-ha-cleanup', deploy: 'certbot-ha-deploy' };
const ADDED = [
  'manual_auth_hook = certbot-ha-auth',
  'manual_cleanup_hook = certbot-ha-cleanup',
  'renew_hook = certbot-ha-deploy',
];

/** What certbot 2.1 writes for --webroot, with what an administrator may have added. */
function confOf(params: readonly string[]): string {
  return `renew_before_expiry = 20 days # long\n${renewalConf({
    configDir: '/etc/letsencrypt',
    lineage: 'a.test',
  })
    .replace('authenticator = manual\npref_challs = http-01,\n', '')
    .replace('key_type = ecdsa\n', `key_type = ecdsa\n${params.map((line) => `${line}\n`).join('')}`)}`;
}

const WEBROOT = [
  'authenticator = webroot',
  'webroot_path = /var/www,',
  '[[webroot_map]]',
  'a.test = /var/www',
];

describe('a configuration that certbot-ha’s hooks are to renew', () => {
  test('has another authenticator and the hooks, and every other line to the byte', () => {
    const before = confOf(['reuse_key = True', ...WEBROOT]);
    const { text, difference } = adoptedConf(before, { hooks: HOOKS, without: [] });
    expect(text).toBe(
      before
        .replace('authenticator = webroot', 'authenticator = manual')
        .replace(
          'webroot_path = /var/www,\n',
          `webroot_path = /var/www,\npref_challs = http-01,\n${ADDED.join('\n')}\n`,
        ),
    );
    expect(difference).toEqual([
      '- authenticator = webroot',
      '+ authenticator = manual',
      '+ pref_challs = http-01,',
      ...ADDED.map((line) => `+ ${line}`),
    ]);
    expect(renewerOf(text).isOurs).toBe(true);
  });

  test('keeps the ends of its lines, and gets one behind the last', () => {
    const before = confOf(['authenticator = standalone']).trimEnd().replaceAll('\n', '\r\n');
    const { text } = adoptedConf(before, { hooks: HOOKS, without: [] });
    expect(text.startsWith(before.replace('standalone', 'manual'))).toBe(true);
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(renewerOf(text).isOurs).toBe(true);
  });

  test('has each hook once, in the place of others’, under either key', () => {
    const before = confOf([
      ...['authenticator = nginx', 'installer = nginx', 'pref_challs = "tls-alpn-01,"'],
      ...['deploy_hook = old', 'renew_hook = older', 'manual_auth_hook = other'],
      ...['pre_hook = """systemctl', 'stop nginx"""', 'post_hook = systemctl start nginx'],
    ]);
    const { text } = adoptedConf(before, { hooks: HOOKS, without: ['installer', 'pre_hook', 'post_hook'] });
    const keys = readSettings(text).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.filter((key) => /installer|pre_hook|post_hook|deploy_hook/.test(key))).toEqual([]);
    expect(text).toContain('pref_challs = http-01,\n');
    expect(text).not.toMatch(/old|other|systemctl/);
  });

  test.for([
    ['certbot-ha-deploy ; systemctl reload postfix'],
    [`certbot-ha-deploy --config '/srv/a b.yaml' ; sh -c "a, b # c"`],
    ['certbot-ha-deploy ; echo done, really'],
  ])('takes the hook %s so that it reads the same again', ([deploy = '']) => {
    const { text } = adoptedConf(confOf(WEBROOT), { hooks: { ...HOOKS, deploy }, without: [] });
    expect(readSettings(text).find(({ key }) => key === 'renew_hook')?.value).toBe(deploy);
  });

  test('has a hook of somebody’s as certbot has written it, with a quote at its end', () => {
    const command = `sh -c 'echo "x, y" # z'`;
    const before = confOf(['authenticator = webroot', `renew_hook = '''${command}'''`]);
    expect(readSettings(before).find(({ key }) => key === 'renew_hook')?.value).toBe(command);
  });

  test('is done once: a second time nothing changes', () => {
    const line = fc.oneof(
      fc.constantFrom(
        ...WEBROOT,
        'installer = None',
        '# a comment',
        '',
        'pref_challs = http-01',
        '[acme_renewal_info]',
      ),
      fc
        .tuple(
          fc.constantFrom('renew_hook', 'deploy_hook', 'manual_auth_hook', 'x'),
          fc.string({ maxLength: 20 }),
        )
        .map(([key, value]) => `${key} = ${value}`),
      fc.string({ maxLength: 30 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.constantFrom('\n', '\r\n'), (lines, end) => {
        const before = confOf(lines).replaceAll('\n', end);
        const once = adoptedConf(before, { hooks: HOOKS, without: ['installer'] });
        const twice = adoptedConf(once.text, { hooks: HOOKS, without: ['installer'] });
        expect(twice).toEqual({ text: once.text, difference: [] });
        expect(renewerOf(once.text).isOurs).toBe(true);
        // What goes is named, and nothing else goes.
        const left = before.split(end);
        for (const gone of once.difference.filter((one) => one.startsWith('- ')))
          left.splice(left.indexOf(gone.slice(2)), 1);
        const rest = once.text.split(end);
        for (const kept of left) expect(rest).toContain(kept);
      }),
      runs(100),
    );
  });
});
