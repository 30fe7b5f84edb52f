// @module-tag slow
import { mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { describe } from 'vitest';
import { accountIdOf } from '../../lib/certbot/account.ts';
import type { Bundle } from '../../lib/lineage/bundle.ts';
import { DIST, environmentOf, startCli } from '../support/cluster/built.ts';
import { bundleFor, expect, ownConf, test } from '../support/installer/generations.ts';
import { certbotCertificates } from '../support/installer/looks.ts';
import type { InstallerNode } from '../support/installer/node.ts';
import { makeBundle, NAME, withFiles, writeIssuerTree } from '../support/lineage/bundle.ts';
import { ACCOUNT, OWN_HOOKS, renewalConf, SERVER } from '../support/lineage/renewal-conf.ts';

const confOf = async ({ configDir }: InstallerNode) =>
  await readFile(join(configDir, 'renewal', `${NAME}.conf`), 'utf8');
const withConf = (bundle: Bundle, change: (conf: string) => string) =>
  withFiles(bundle, { 'renewal.conf': change(bundle.files['renewal.conf']) });
const withLine = (line: string) => (conf: string) => `${conf}${line}\n`;
const accept = async ({ directory }: InstallerNode, ...changes: readonly string[]) =>
  await startCli(environmentOf(join(directory, 'config.yaml')), ['accept', NAME, ...changes]).ended;

const thief = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
const THIEFS_ACCOUNT = accountIdOf(JSON.stringify(thief)) ?? '';

describe('whoever has the cluster’s key', () => {
  const here = (...params: readonly string[]) => ({ params: [...OWN_HOOKS, ...params] });
  test.for([
    [
      'another CA',
      here(),
      (conf: string) => conf.replace(SERVER, 'https://evil.test/directory'),
      'server=https://evil.test/directory',
    ],
    ['to reuse a key that they know', here(), withLine('reuse_key = True'), 'reuse_key=true'],
    [
      'to reuse no key, by leaving it out',
      here('reuse_key = True'),
      (conf: string) => conf,
      'reuse_key=false',
    ],
    ['not to renew', here(), withLine('autorenew = False'), 'autorenew=false'],
    ['to renew, by leaving it out', here('autorenew = False'), (conf: string) => conf, 'autorenew=true'],
    ['a profile', here(), withLine('required_profile = evil'), 'required_profile=evil'],
  ] as const)(
    'cannot tell a node of a lineage that is there %s',
    async ([, { params }, change, wanted], { node, issued }) => {
      const conf = renewalConf({ configDir: node.configDir, lineage: NAME, params });
      await writeIssuerTree(node.configDir, [issued.old], { conf });
      const bundle = withConf(bundleFor(node, issued.next, 2), change);
      await node.deliver(bundle);

      expect(await node.install()).toMatchObject({ code: 1 });

      expect(await node.result(bundle)).toMatchObject({
        state: 'refused',
        findings: [{ code: 'conf-differs' }, { code: 'change-refused', lineage: NAME, changes: [wanted] }],
      });
      expect(await confOf(node)).toBe(conf);
    },
  );

  test('cannot bring an account of their own for it, nor a certificate that lacks a name', async ({
    node,
    issued,
    ca,
  }) => {
    const notBefore = new Date(Date.now() - 7_200_000);
    await writeIssuerTree(node.configDir, [
      await ca.issue([NAME, 'old.example.test', '192.0.2.1'], { notBefore }),
    ]);
    const bundle = withFiles(bundleFor(node, issued.next, 2), {
      'account/private_key.json': JSON.stringify(thief),
      'renewal.conf': bundleFor(node, issued.next, 2).files['renewal.conf'].replace(ACCOUNT, THIEFS_ACCOUNT),
    });
    await node.deliver(bundle);
    const { code, stderr } = await node.install();
    expect(code).toBe(1);
    expect(stderr).toContain('the new certificate lacks 192.0.2.1, old.example.test');
    expect(stderr).toContain(
      `on each node: certbot-ha accept ${NAME} account=${THIEFS_ACCOUNT} without=192.0.2.1 without=old.example.test [change-refused]`,
    );
  });

  test('cannot take a lineage that another program renews there', async ({ node, issued }) => {
    const conf = renewalConf({ configDir: node.configDir, lineage: NAME }).replace('= manual', '= nginx');
    await writeIssuerTree(node.configDir, [issued.old], { conf });
    const bundle = bundleFor(node, issued.next, 2);
    await node.deliver(bundle);
    expect((await node.install()).stderr).toContain(`certbot-ha accept ${NAME} authenticator=manual [`);
    expect(await confOf(node)).toBe(conf);
    expect(await accept(node, 'authenticator=manual')).toMatchObject({ code: 0 });
    await node.deliver(bundle);
    expect(await node.install()).toMatchObject({ code: 0 });
    expect(await confOf(node)).toContain(
      `manual_auth_hook = ${DIST}/hooks/certbot-ha-auth --config ${node.directory}/config.yaml\n`,
    );
  });

  test('cannot bring their CA with a lineage that may be taken from another program', async ({
    node,
    issued,
  }) => {
    const conf = renewalConf({ configDir: node.configDir, lineage: NAME }).replace('= manual', '= nginx');
    await writeIssuerTree(node.configDir, [issued.old], { conf });
    expect(await accept(node, 'authenticator=manual')).toMatchObject({ code: 0 });
    const theirs = (text: string) => text.replace(SERVER, 'https://evil.test/directory');
    const bundle = withConf(bundleFor(node, issued.next, 2), theirs);
    await node.deliver(bundle);
    expect(await node.install()).toMatchObject({ code: 1 });
    expect(await node.result(bundle)).toMatchObject({
      state: 'refused',
      findings: [
        { code: 'lineage-of-others' },
        { code: 'conf-differs' },
        { changes: ['authenticator=manual', 'server=https://evil.test/directory'] },
      ],
    });
    expect(await confOf(node)).toBe(conf);
  });

  test('what may change of a lineage that is not here is no use, and most likely mistyped', async ({
    node,
  }) => {
    expect(await accept(node, 'reuse_key=true')).toMatchObject({
      code: 2,
      stderr: `certbot-ha: no lineage ${NAME} in ${node.configDir}: there is none [no-such-lineage]\n`,
    });
  });

  test('takes over that a lineage is proved by DNS-01', async ({ node, issued }) => {
    const byDns = (text: string) => text.replace('pref_challs = http-01,', 'pref_challs = dns-01,');
    await writeIssuerTree(node.configDir, [issued.old]);
    const before = await confOf(node);
    await node.deliver(withConf(bundleFor(node, issued.next, 2), byDns));
    expect(await node.install()).toMatchObject({ code: 0 });
    expect(await confOf(node)).toBe(byDns(before));
  });

  test('leaves of a configuration nothing but values', async ({ node, issued }) => {
    const evil = [
      ...[
        'pre_hook = /bin/evil',
        'renew_hook = /bin/evil',
        'work_dir = /etc',
        'pref_challs = tls-alpn-01,',
        'installer = evil',
      ],
      ...[
        'user_agent = evil',
        'http01_port = 1',
        'config_dir = /etc/nginx',
        "post_hook = '''a",
        "/bin/evil'''",
      ],
    ];
    const bundle = withConf(
      bundleFor(node, issued.next, 1),
      (conf) =>
        `${conf.replace(/^renew_hook.*\n/m, '').replaceAll('/archive/', '/archive/../../tmp/')}${evil.join('\n')}\n[evil]\na = /bin/evil\n`,
    );
    await node.deliver(bundle);
    expect(await node.install()).toMatchObject({ code: 0 });
    expect(await confOf(node)).toBe(ownConf(node));
  });

  test.for([
    [
      'before the first section',
      (conf: string) => `server = ${SERVER}\n${conf.replace(/^server = .*\n/m, '')}`,
    ],
    [
      'in a section of another kind',
      (conf: string) => `${conf.replace(/^server = .*\n/m, '')}[acme_renewal_info]\nserver = ${SERVER}\n`,
    ],
  ] as const)('gains nothing from a CA that is named %s', async ([, change], { node, issued }) => {
    await writeIssuerTree(node.configDir, [issued.old]);
    const bundle = withConf(bundleFor(node, issued.next, 2), change);
    await node.deliver(bundle);
    await node.install();
    expect(await node.result(bundle)).toMatchObject({
      state: 'refused',
      findings: [{ code: 'conf-invalid-server' }],
    });
  });

  test('cannot bring a lineage that other hooks renew', async ({ node, issued }) => {
    const bundle = withConf(bundleFor(node, issued.next, 1), (conf) =>
      conf.replace('certbot-ha-auth', '/etc/dns-auth.py'),
    );
    await node.deliver(bundle);
    await node.install();
    expect(await node.result(bundle)).toMatchObject({
      state: 'refused',
      findings: [{ code: 'conf-not-ours' }],
    });
  });
});

test('from the staging CA to the production CA it is one command, which the refusal prints', async ({
  node,
  issued,
  ca,
}) => {
  await writeIssuerTree(node.configDir, [issued.old]);
  const change = (conf: string) =>
    conf.replace(SERVER, 'https://production.test/directory').replace(ACCOUNT, THIEFS_ACCOUNT);
  const production = (bundle: Bundle) =>
    withFiles(withConf(bundle, change), { 'account/private_key.json': JSON.stringify(thief) });
  await node.deliver(production(bundleFor(node, issued.next, 2)));
  const [, command = ''] =
    /each node: (certbot-ha accept .*) \[change-refused\]$/m.exec((await node.install()).stderr) ?? [];
  const [program, ...argv] = command.split(' ');
  expect(program).toBe('certbot-ha');

  const env = environmentOf(join(node.directory, 'config.yaml'));
  expect(await startCli(env, argv).ended).toMatchObject({ code: 0 });
  // The next generation passes by the same command, since it holds for the values.
  await node.deliver(production(bundleFor(node, await ca.issue([NAME]), 3)));
  expect(await node.install()).toMatchObject({ code: 0 });
  const conf = await confOf(node);
  expect(conf).toContain('server = https://production.test/directory\n');
  expect(conf).toContain(`account = ${THIEFS_ACCOUNT}\n`);
  expect(await certbotCertificates(node.configDir, node.directory)).toContain(`Certificate Name: ${NAME}\n`);

  // And it is used up.
  await node.deliver(bundleFor(node, await ca.issue([NAME]), 4));
  expect((await node.install()).stderr).toContain('[change-refused]');
});

test('an acceptance ends after a day, and holds for these values alone', async ({ node, issued }) => {
  await writeIssuerTree(node.configDir, [issued.old]);
  const bundle = withConf(bundleFor(node, issued.next, 2), withLine('reuse_key = True'));
  const directory = join(node.stateDir, 'accepted');
  await mkdir(directory);
  const at = new Date(Date.now() - 25 * 3_600_000).toISOString();
  await writeFile(
    join(directory, `${NAME}.json`),
    JSON.stringify({ lineage: NAME, changes: ['reuse_key=true'], at }),
  );
  await node.deliver(bundle);
  expect(await node.install()).toMatchObject({ code: 1 });
  await accept(node, 'reuse_key=true', 'server=https://other.test/dir');
  await node.deliver(withConf(bundle, (conf) => conf.replace(SERVER, 'https://third.test/dir')));
  expect((await node.install()).stderr).toContain(
    `accept ${NAME} server=https://third.test/dir reuse_key=true`,
  );
  await node.deliver(bundle);
  expect(await node.install()).toMatchObject({ code: 0 });
});

test('of a lineage that is here, what is this node’s own stays', async ({ node, issued }) => {
  const own = ['pre_hook = systemctl stop backup', 'work_dir = /srv/work', ...OWN_HOOKS];
  const conf = renewalConf({ configDir: node.configDir, lineage: NAME, params: own });
  await writeIssuerTree(node.configDir, [issued.old], { conf });
  await node.deliver(withConf(bundleFor(node, issued.next, 2), withLine('rsa_key_size = 4096')));
  expect(await node.install()).toMatchObject({ code: 0 });
  expect(await confOf(node)).toBe(`${conf}rsa_key_size = 4096\n`);
});

test('a lineage that was renamed by hand here goes on in its own archive', async ({ node, issued }) => {
  const live = await writeIssuerTree(node.configDir, [issued.old]);
  const archive = join(node.configDir, 'archive', NAME);
  await rename(archive, `${archive}-0001`);
  for (const part of ['cert', 'chain', 'fullchain', 'privkey']) {
    await rm(join(live, `${part}.pem`));
    await symlink(`../../archive/${NAME}-0001/${part}1.pem`, join(live, `${part}.pem`));
  }
  const conf = (await confOf(node)).replace(/^archive_dir = .*$/m, '$&-0001');
  await writeFile(join(node.configDir, 'renewal', `${NAME}.conf`), conf);
  await node.deliver(bundleFor(node, issued.next, 2));
  expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
  expect(await readlink(join(live, 'privkey.pem'))).toBe(`../../archive/${NAME}-0001/privkey2.pem`);
  expect(await confOf(node)).toBe(conf);
  expect(await readdir(join(node.configDir, 'archive'))).toEqual([`${NAME}-0001`]);
  expect(await certbotCertificates(node.configDir, node.directory)).toContain(`Certificate Name: ${NAME}\n`);
});

test('a file as an earlier version sends it is taken in whatever spelling it has', async ({
  node,
  issued,
}) => {
  const theirs = renewalConf({
    configDir: '/srv/other',
    lineage: NAME,
    params: [
      'manual_auth_hook = /usr/local/bin/certbot-ha-auth',
      'deploy_hook = service nginx reload',
      '[[webroot_map]]',
      `${NAME} = /var/www`,
    ],
    version: '5.5.0',
  }).replace(/^archive_dir = .*$/m, '$&-0001');
  const bundle = makeBundle(issued.next, {
    configDir: node.configDir,
    conf: theirs.replaceAll('\n', '\r\n'),
  });
  await node.deliver(bundle);
  expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
  expect(await confOf(node)).toContain(`archive_dir = ${node.configDir}/archive/${NAME}\n`);
  expect(await certbotCertificates(node.configDir, node.directory)).toContain(`Certificate Name: ${NAME}\n`);
});
