// @module-tag slow
import { readFileSync } from 'node:fs';
import { chmod, chown, readdir, readFile, readlink, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import {
  ACCOUNT_FILES,
  makeBundle,
  NAME,
  secretsOf,
  withFiles,
  writeIssuerTree,
} from '../support/lineage/bundle.ts';
import { ACCOUNT } from '../support/lineage/renewal-conf.ts';
import {
  archiveOf,
  bundleFor,
  expect,
  filesOf,
  modeOf,
  ownConf,
  test,
} from '../support/installer/generations.ts';
import { certbotCertificates, generationIn, lookAtLive } from '../support/installer/looks.ts';
import { pathsIn, temporariesIn, watchLive } from '../support/installer/looks.ts';
import { treeOf } from '../support/tree.ts';

const account = join('accounts', 'ca.example.test:14000', 'dir', ACCOUNT);

describe('the installer', () => {
  test('puts a first generation in place, as certbot would have', async ({ node, issued }) => {
    const bundle = bundleFor(node, issued.next, 3);
    await node.deliver(bundle);
    const { code, stdout, stderr } = await node.install();
    expect({ code, stderr, stdout }).toEqual({
      code: 0,
      stderr: '',
      stdout: `${NAME} (${bundle.manifest.leaf.sha256.slice(0, 12)}): installed\n`,
    });
    expect(await node.verbs()).toEqual(['test', 'reload']);
    const { configDir } = node;
    expect(generationIn(configDir, NAME, [issued.next])).toBe(issued.next);
    expect(await readlink(join(configDir, 'live', NAME, 'privkey.pem'))).toBe(
      `../../archive/${NAME}/privkey3.pem`,
    );
    expect(await archiveOf(node)).toEqual(filesOf(3));
    const modes = {
      live: '700',
      archive: '700',
      renewal: '755',
      accounts: '700',
      [`live/${NAME}`]: '755',
      [`archive/${NAME}`]: '755',
      [`archive/${NAME}/privkey3.pem`]: '600',
      [`archive/${NAME}/cert3.pem`]: '644',
      [`renewal/${NAME}.conf`]: '644',
      'accounts/ca.example.test:14000': '700',
      'accounts/ca.example.test:14000/dir': '700',
      [account]: '700',
      [`${account}/private_key.json`]: '400',
      [`${account}/meta.json`]: '400',
      [`${account}/regr.json`]: '400',
    };
    for (const [path, mode] of Object.entries(modes))
      expect([path, await modeOf(join(configDir, path))]).toEqual([path, mode]);
    expect(await readFile(join(configDir, 'renewal', `${NAME}.conf`), 'utf8')).toBe(ownConf(node));
    expect(await readFile(join(configDir, account, 'private_key.json'), 'utf8')).toBe(
      ACCOUNT_FILES['account/private_key.json'],
    );
    expect(await certbotCertificates(configDir, node.directory)).toMatch(
      new RegExp(
        `Certificate Name: ${NAME}\\n.*Serial Number: ${bundle.manifest.leaf.serial.toLowerCase().replace(/^0+/, '')}[^]*exit 0`,
      ),
    );
  });

  test('tells how it went and what is installed, and no secret', async ({ node, issued }) => {
    const bundle = bundleFor(node, issued.next, 1);
    await node.deliver(bundle);
    const ended = await node.install();
    expect(await node.result(bundle)).toEqual({
      id: bundle.manifest.leaf.sha256,
      lineage: NAME,
      state: 'installed',
      findings: [],
      messages: [],
      at: expect.stringMatching(/^20.*Z$/),
    });
    expect(await node.installed()).toEqual([
      {
        lineage: NAME,
        leaf: bundle.manifest.leaf,
        number: 1,
        numberHere: 1,
        names: [NAME],
        from: 'web1',
        installedAt: expect.stringMatching(/^20.*Z$/),
      },
    ]);
    for (const directory of ['installed', 'outbox']) {
      expect(await modeOf(join(node.stateDir, directory))).toBe('755');
      const [file = ''] = await readdir(join(node.stateDir, directory));
      expect(await modeOf(join(node.stateDir, directory, file))).toBe('644');
    }
    const said = [...(await treeOf(node.stateDir)), ended.stdout, ended.stderr].join('\n');
    for (const secret of secretsOf(bundle)) expect(said).not.toContain(secret);
    expect(await pathsIn(node.stateDir)).toEqual(
      expect.not.arrayContaining([expect.stringMatching(/inbox\/.*[0-9a-f]{64}/)]),
    );
  });

  test('switches to the next generation without a moment in which live is missing or partial', async ({
    node,
    issued,
  }) => {
    const { configDir } = node;
    await writeIssuerTree(configDir, [issued.old]);
    await node.deliver(bundleFor(node, issued.next, 2));
    const known = [issued.old, issued.next];
    const looks = await watchLive(() => lookAtLive(configDir, NAME, known), node.install());
    expect(looks).toBeGreaterThan(20);
    expect(generationIn(configDir, NAME, known)).toBe(issued.next);
    expect(await archiveOf(node)).toEqual(filesOf(1, 2));
    expect(await temporariesIn(configDir, node.stateDir)).toEqual([]);
  });

  test('keeps the mode and the group that the key had', async ({ node, issued, skip }) => {
    if (process.getuid?.() !== 0) return skip('only root can give a key to a group');
    await writeIssuerTree(node.configDir, [issued.old]);
    const old = join(node.configDir, 'archive', NAME, 'privkey1.pem');
    await chown(old, 0, 8);
    await chmod(old, 0o640);
    await node.deliver(bundleFor(node, issued.next, 2));
    expect(await node.install()).toMatchObject({ code: 0 });
    const { mode, uid, gid } = await stat(join(node.configDir, 'live', NAME, 'privkey.pem'));
    expect([(mode & 0o7777).toString(8), uid, gid]).toEqual(['640', 0, 8]);
  });

  test('keeps the mode that the key had where certbot has left a link to it, as with reuse_key', async ({
    node,
    issued,
  }) => {
    await writeIssuerTree(node.configDir, [issued.old, issued.old]);
    const archive = join(node.configDir, 'archive', NAME);
    await chmod(join(archive, 'privkey1.pem'), 0o640);
    await rm(join(archive, 'privkey2.pem'));
    await symlink('privkey1.pem', join(archive, 'privkey2.pem'));
    await node.deliver(bundleFor(node, issued.next, 3));
    expect(await node.install()).toMatchObject({ code: 0 });
    expect(await modeOf(join(archive, 'privkey3.pem'))).toBe('640');
  });

  test('keeps the mode and the group of the renewal configuration', async ({ node, issued }) => {
    const file = join(node.configDir, 'renewal', `${NAME}.conf`);
    await writeIssuerTree(node.configDir, [issued.old]);
    await chmod(file, 0o600);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) await chown(file, 0, 8);
    const bundle = bundleFor(node, issued.next, 2);
    const conf = bundle.files['renewal.conf'].replace('key_type = ecdsa', 'key_type = rsa');
    await node.deliver(withFiles(bundle, { 'renewal.conf': conf }));
    expect(await node.install()).toMatchObject({ code: 0 });
    expect(await readFile(file, 'utf8')).toContain('key_type = rsa');
    expect(await modeOf(file)).toBe('600');
    if (isRoot) expect((await stat(file)).gid).toBe(8);
  });

  test('writes an account once, and never over one that is there', async ({ node, issued }) => {
    await writeIssuerTree(node.configDir, [issued.old]);
    const bundle = bundleFor(node, issued.next, 2);
    await node.deliver(
      withFiles(bundle, { 'account/regr.json': '{"forged": true}', 'account/meta.json': '{}' }),
    );
    expect(await node.install()).toMatchObject({ code: 0 });
    const there = await readFile(join(node.configDir, account, 'regr.json'), 'utf8');
    expect(there).toBe(ACCOUNT_FILES['account/regr.json']);
  });

  test('puts the renewal configuration in place of the one before', async ({ node, issued }) => {
    await writeIssuerTree(node.configDir, [issued.old]);
    const bundle = bundleFor(node, issued.next, 2);
    const conf = bundle.files['renewal.conf'].replace('version = 2.1.0', 'version = 5.6.0');
    await node.deliver(withFiles(bundle, { 'renewal.conf': conf }));
    expect(await node.install()).toMatchObject({ code: 0 });
    expect(await readFile(join(node.configDir, 'renewal', `${NAME}.conf`), 'utf8')).toBe(conf);
  });

  test('gives haproxy key and chain in one file, with the mode of the key, before its test', async ({
    node,
    issued,
  }) => {
    const combined = join(node.configDir, 'live', NAME, 'haproxy.pem');
    await node.configure({ kind: 'haproxy', test: ['grep', '-q', 'PRIVATE KEY', combined] });
    await node.deliver(bundleFor(node, issued.next, 1));
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
    const { certificate, chain, key } = issued.next;
    expect(await readFile(combined, 'utf8')).toBe(`${(certificate + chain).trimEnd()}\n${key}`);
    expect(await modeOf(combined)).toBe('600');
  });

  test('lets nobody see a part of what others read: configuration, record, file of haproxy', async ({
    node,
    issued,
  }) => {
    await node.configure({ kind: 'haproxy', test: ['true'] });
    const [first, second] = [bundleFor(node, issued.old, 1), bundleFor(node, issued.next, 2)];
    await node.deliver(first);
    await node.install();
    const conf = second.files['renewal.conf'].replace('version = 2.1.0', 'version = 5.6.0');
    await node.deliver(withFiles(second, { 'renewal.conf': conf }));
    const combined = [issued.old, issued.next].map(
      ({ certificate, chain, key }) => `${(certificate + chain).trimEnd()}\n${key}`,
    );
    const look = () => {
      expect(combined).toContain(readFileSync(join(node.configDir, 'live', NAME, 'haproxy.pem'), 'utf8'));
      const text = readFileSync(join(node.configDir, 'renewal', `${NAME}.conf`), 'utf8');
      expect([ownConf(node), ownConf(node, '5.6.0')]).toContain(text);
      const record = readFileSync(join(node.stateDir, 'installed', `${NAME}.json`), 'utf8');
      expect(JSON.parse(record)).toMatchObject({ lineage: NAME });
    };
    const installing = node.install();
    expect(await watchLive(look, installing)).toBeGreaterThan(20);
    expect(await installing).toMatchObject({ code: 0 });
  });

  test('installs several lineages one after another', async ({ node, ca }) => {
    const names = ['a.example.test', 'b.example.test', 'c.example.test'];
    for (const lineage of names) {
      await node.deliver(makeBundle(await ca.issue([lineage]), { configDir: node.configDir, lineage }));
    }
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
    expect((await node.installed()).map(({ lineage }) => lineage).toSorted()).toEqual(names);
  });
});
