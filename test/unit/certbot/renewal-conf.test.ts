import { describe, expect, test } from 'vitest';
import { composeConf, updateConf } from '../../../lib/certbot/renewal-conf.ts';
import { readRenewalData, type RenewalData } from '../../../lib/certbot/renewal-data.ts';
import { OWN_HOOKS, renewalConf, SERVER } from '../../support/lineage/renewal-conf.ts';

const LINEAGE = { configDir: '/etc/letsencrypt', lineage: 'www.example.test' };
const HOOKS = { auth: 'certbot-ha-auth', cleanup: 'certbot-ha-cleanup', deploy: 'certbot-ha-deploy' };
const own = { ...LINEAGE, hooks: HOOKS };
const conf = (...params: readonly string[]) => renewalConf({ ...LINEAGE, params });
const dataOf = (...params: readonly string[]): RenewalData => {
  const read = readRenewalData(conf(...params));
  if ('problems' in read) throw new Error('no data');
  return read;
};

describe('a first renewal configuration', () => {
  test('is what certbot would have written here', () => {
    expect(composeConf(dataOf(), own)).toBe(conf(...OWN_HOOKS));
  });

  test('has this node’s paths and hooks, and the data of the other', () => {
    const hooks = { ...HOOKS, auth: `/opt/ha/hooks/auth.js --config '/srv/our, config.yaml'` };
    const text = composeConf(dataOf('reuse_key = True', 'work_dir = /x', 'pre_hook = evil'), {
      configDir: '/srv/le',
      lineage: 'a.test',
      hooks,
    });
    expect(text).toContain('archive_dir = /srv/le/archive/a.test\n');
    expect(text).toContain('privkey = /srv/le/live/a.test/privkey.pem\n');
    expect(text).toContain('reuse_key = True\n');
    expect(text).toContain(`manual_auth_hook = "/opt/ha/hooks/auth.js --config '/srv/our, config.yaml'"\n`);
    expect(text).not.toMatch(/work_dir|pre_hook|\/etc\/letsencrypt/);
  });
});

describe('a configuration that is here', () => {
  test('stays as it is, to the byte, where the data is the same', () => {
    for (const text of [
      conf(...OWN_HOOKS),
      conf(...OWN_HOOKS).replaceAll('\n', '\r\n'),
      conf(...OWN_HOOKS, 'reuse_key = False', 'autorenew = true', '[[webroot_map]]', 'a = /b'),
    ])
      expect(updateConf(text, dataOf(), own)).toBe(text);
  });

  test('is brought up to date, and keeps all that is this node’s', () => {
    const here = [
      ...['pre_hook = systemctl stop backup', 'work_dir = /srv/work', 'rsa_key_size = 4096', ...OWN_HOOKS],
      ...[
        '[[webroot_map]]',
        'a.test = /var/www',
        '[acme_renewal_info]',
        'ari_retry_after = 2026-11-24T07:09:11',
      ],
    ];
    const text = `renew_before_expiry = 20 days\n${conf(...here)}`.replace('live/www', 'live-here/www');
    const changed = updateConf(text, dataOf('elliptic_curve = secp384r1', 'preferred_chain = "a, b"'), own);
    expect(changed).toBe(
      text
        .replace('rsa_key_size = 4096\n', '')
        .replace('[[webroot_map]]', 'elliptic_curve = secp384r1\npreferred_chain = "a, b"\n[[webroot_map]]'),
    );
  });

  test('takes another CA where that was accepted', () => {
    const data = { ...dataOf(), server: 'https://other.test/directory' };
    expect(updateConf(conf(...OWN_HOOKS), data, own)).toBe(
      conf(...OWN_HOOKS).replace(SERVER, 'https://other.test/directory'),
    );
  });

  test('is given the hooks that it lacks, and keeps those that it has', () => {
    const here = [
      'manual_auth_hook = /usr/local/bin/certbot-ha-auth',
      'deploy_hook = certbot-ha-deploy && true',
    ];
    expect(updateConf(conf(...here), dataOf(), own)).toBe(
      conf(...here, 'manual_cleanup_hook = certbot-ha-cleanup'),
    );
  });
});

describe('a lineage of DNS-01', () => {
  const byDns = (text: string, value = 'dns-01,') =>
    text.replace('pref_challs = http-01,', `pref_challs = ${value}`);
  const data = (value?: string): RenewalData => {
    const read = readRenewalData(byDns(conf(...OWN_HOOKS), value));
    if ('problems' in read) throw new Error('no data');
    return read;
  };

  test('is one on every node, as certbot reads it', () => {
    expect(composeConf(data(), own)).toBe(byDns(conf(...OWN_HOOKS)));
    expect(updateConf(conf(...OWN_HOOKS), data(), own)).toBe(byDns(conf(...OWN_HOOKS)));
    expect(updateConf(byDns(conf(...OWN_HOOKS)), dataOf(), own)).toBe(conf(...OWN_HOOKS));
  });

  test('stays as it is written where nothing else is meant', () => {
    for (const value of ['dns-01', '"dns-01,"', 'dns-01, ']) {
      const text = byDns(conf(...OWN_HOOKS), value);
      expect(updateConf(text, data(), own)).toBe(text);
    }
  });

  test('takes no challenge that the hooks do not serve', () => {
    expect(updateConf(byDns(conf(...OWN_HOOKS)), data('tls-alpn-01,'), own)).toBe(conf(...OWN_HOOKS));
    expect(composeConf(data('dns-01, http-01'), own)).toBe(byDns(conf(...OWN_HOOKS), 'dns-01, http-01'));
    expect(composeConf(data('dns-01, x'), own)).toBe(conf(...OWN_HOOKS));
  });
});
