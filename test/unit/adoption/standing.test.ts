import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { preHooksThatStop } from '../../../lib/adoption/pre-hooks.ts';
import { standingsLines } from '../../../lib/adoption/show.ts';
import { standingOf } from '../../../lib/adoption/standing.ts';
import { configOf } from '../../../lib/cluster/config.ts';
import { linesOf } from '../../../lib/findings/words.ts';
import type { FindingCode } from '../../../lib/findings/register.ts';
import { expect, test, writeForeign, type ForeignOptions } from '../../support/lineage/foreign.ts';
import { OWN_HOOKS, SERVER } from '../../support/lineage/renewal-conf.ts';

const HOOKS = { auth: 'certbot-ha-auth', cleanup: 'certbot-ha-cleanup', deploy: 'certbot-ha-deploy' };
const NODES = 'nodes: {web1: 192.0.2.11, web2: 192.0.2.12}';

const looking = (configDir: string, more = '', isDropping = false) => ({
  cluster: { config: configOf('/config.yaml', `${NODES}\ncertificates: {configDir: ${configDir}}\n${more}`) },
  ...{ hooks: HOOKS, isDropping },
});

describe('a lineage that', () => {
  test.for([
    ['--webroot', {}],
    ['--nginx', { params: ['authenticator = nginx', 'installer = nginx'] }],
    ['--standalone', { params: ['authenticator = standalone', 'pre_hook = systemctl stop nginx'] }],
    ['hand', { params: ['authenticator = manual'] }],
    ['an address', { names: ['192.0.2.7', 'a.test'] }],
  ] as const satisfies readonly (readonly [string, ForeignOptions])[])(
    'was obtained with %s may be adopted, for exactly its names',
    async ([, options], { ca, directory }) => {
      const { text } = await writeForeign(directory, ca, options);
      const standing = await standingOf('a.test', looking(directory));
      if (standing.is !== 'adoptable') throw new Error(JSON.stringify(standing));
      const names: readonly string[] = 'names' in options ? options.names : ['a.test'];
      expect(standing.plan.names.toSorted()).toEqual(names.toSorted());
      expect(standing.plan.before).toBe(text);
      expect(standing.plan.changed.text).not.toMatch(/installer|pre_hook/);
    },
  );

  test.for([
    ['has a wildcard', { names: ['a.test', '*.a.test'] }, ['adoption-of-wildcard']],
    [
      'is proved by DNS',
      { names: ['*.a.test'], params: ['authenticator = dns-rfc2136'] },
      ['adoption-by-dns'],
    ],
    [
      'is proved by DNS, by a plugin of old',
      { params: ['authenticator = certbot-dns-gandi:dns'] },
      ['adoption-by-dns'],
    ],
    [
      'is proved by DNS, by hand',
      { params: ['authenticator = manual', 'pref_challs = dns-01,'] },
      ['adoption-by-dns'],
    ],
    [
      'may lose names',
      { params: ['authenticator = webroot', 'allow_subset_of_names = True'] },
      ['adoption-with-subset'],
    ],
    [
      'certbot reloads another web server for',
      { params: ['authenticator = apache', 'installer = apache'] },
      ['adoption-other-installer'],
    ],
    [
      'has a hook of two lines',
      { params: ['authenticator = webroot', 'renew_hook = """a', 'b"""'] },
      ['conf-invalid-value'],
    ],
    ['names no authenticator', { params: [] }, ['conf-without-authenticator']],
    ['has a damaged value', { params: ['authenticator = webroot', 'key_type = x'] }, ['conf-invalid-value']],
    ['is not UTF-8', { params: ['authenticator = webroot', '# \u{FFFD}'] }, ['file-unreadable']],
  ] as const satisfies readonly (readonly [string, ForeignOptions, readonly FindingCode[]])[])(
    '%s stays as it is',
    async ([, options, codes], { ca, directory }) => {
      await writeForeign(directory, ca, options);
      const standing = await standingOf('a.test', looking(directory));
      expect(standing).toMatchObject({ is: 'refused', findings: codes.map((code) => ({ code })) });
    },
  );

  test('a plugin proves by DNS is told with the plugin, its file, and the command for its names', async ({
    ca,
    directory,
  }) => {
    const params = ['authenticator = dns-rfc2136', 'dns_rfc2136_credentials = /root/rfc2136.ini'];
    await writeForeign(directory, ca, { names: ['*.a.test'], params });
    const said = async (more: string) => {
      const standing = await standingOf('a.test', looking(directory, more));
      return standing.is === 'refused' ? standing.findings.map((found) => linesOf(found).join('\n')) : [];
    };
    const [without] = await said('');
    expect(without).toContain('a.test: renewed by DNS-01 (dns-rfc2136), which certbot-ha does not replace');
    expect(without).toContain(
      'first add dns to the configuration; docs/dns-01.md tells what to write there for /root/rfc2136.ini',
    );
    const command = `certbot-ha certonly --cert-name a.test --server ${SERVER} --force-renewal -d '*.a.test' --preferred-challenges dns`;
    expect(without).toContain(`then: ${command}`);
    expect(without).not.toContain('HTTP-01');
    const [dns] = await said('dns: {provider: command, command: [/bin/true]}');
    expect(dns).toContain(`to have the hooks write the records: ${command}`);
  });

  test.for([
    ['certbot-plugin-gandi:dns', 'certbot_plugin_gandi:dns_credentials', SERVER, ` --server ${SERVER}`],
    ['dns-x', 'dns_x_credentials', 'https://acme-v02.api.letsencrypt.org/directory', ''],
  ] as const)(
    '%s proves is told with its file, and with its CA where that is not certbot’s own',
    async ([authenticator, key, server, option], { ca, directory }) => {
      const params = [`authenticator = ${authenticator}`, `${key} = /root/x.ini`];
      const { file, text } = await writeForeign(directory, ca, { params });
      await writeFile(file, text.replaceAll(SERVER, server));
      const standing = await standingOf('a.test', looking(directory));
      const findings = standing.is === 'refused' ? standing.findings : [];
      const said = findings.flatMap(linesOf).join('\n');
      expect(said).toContain('what to write there for /root/x.ini');
      expect(said).toContain(`certonly --cert-name a.test${option} --force-renewal -d a.test`);
    },
  );

  test('certbot reloads a web server for is adopted where certbot-ha does that', async ({
    ca,
    directory,
  }) => {
    await writeForeign(directory, ca, { params: ['authenticator = webroot', 'installer = apache'] });
    for (const more of ['webServer: {kind: apache}', 'webServer: {kind: nginx}'])
      expect(await standingOf('a.test', looking(directory, more))).toMatchObject({
        is: more.includes('apache') ? 'adoptable' : 'refused',
      });
  });

  test('is certbot-ha’s already is told as that', async ({ ca, directory }) => {
    await writeForeign(directory, ca, { params: ['authenticator = manual', ...OWN_HOOKS] });
    expect(await standingOf('a.test', looking(directory))).toEqual({ is: 'adopted' });
  });

  test('lacks its certificate, its account or its configuration stays as it is', async ({
    ca,
    directory,
  }) => {
    const { file } = await writeForeign(directory, ca);
    const codes = async () => {
      const standing = await standingOf('a.test', looking(directory));
      return standing.is === 'refused' ? standing.findings.map(({ code }) => code) : standing.is;
    };
    await rm(join(directory, 'accounts', SERVER.replace('https://', '')), { recursive: true });
    expect(await codes()).toEqual(['account-lost']);
    await rm(join(directory, 'live/a.test/cert.pem'));
    expect(await codes()).toEqual(['file-missing', 'account-lost']);
    await rm(file);
    expect(await codes()).toEqual(['file-missing']);
    await mkdir(file);
    expect(await codes()).toEqual(['file-unreadable']);
  });
});

test('lineages are shown with who renews them, and what to type', async ({ ca, directory }) => {
  await writeForeign(directory, ca, { lineage: 'a.test' });
  await writeForeign(directory, ca, { lineage: 'b.test', params: ['authenticator = manual', ...OWN_HOOKS] });
  await writeForeign(directory, ca, { lineage: 'c.test', params: ['authenticator = dns-x'] });
  const standings = await Promise.all(
    ['a.test', 'b.test', 'c.test'].map(async (lineage) => ({
      lineage,
      standing: await standingOf(lineage, looking(directory)),
    })),
  );
  expect(standingsLines(standings)).toEqual([
    'LINEAGE  RENEWED BY  NEXT',
    'a.test   webroot     certbot-ha adopt a.test',
    'b.test   certbot-ha  -',
    expect.stringMatching(/^c\.test {3}dns-x {7}c\.test: renewed by DNS-01 .*\[adoption-by-dns\]$/),
  ]);
});

test('programs that stop something before each renewal are found', async ({ directory }) => {
  const hooks = join(directory, 'renewal-hooks/pre');
  expect(await preHooksThatStop(directory)).toEqual([]);
  await mkdir(join(hooks, 'directory'), { recursive: true });
  const files = {
    stop: '#!/bin/sh\nsystemctl stop nginx\n',
    comment: '#!/bin/sh\n# does not stop\n',
    'old~': 'stop',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(hooks, name), text, { mode: 0o755 });
  await writeFile(join(hooks, 'no-program'), 'systemctl stop nginx\n', { mode: 0o644 });
  expect(await preHooksThatStop(directory)).toEqual([join(hooks, 'stop')]);
});
