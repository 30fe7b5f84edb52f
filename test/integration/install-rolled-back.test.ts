// @module-tag slow
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { NAME, secretsOf, withFiles, writeIssuerTree } from '../support/lineage/bundle.ts';
import { archiveOf, bundleFor, expect, filesOf, test } from '../support/installer/generations.ts';
import { generationIn, lookAtLive, pathsIn, watchLive } from '../support/installer/looks.ts';
import { OWN_HOOKS, renewalConf } from '../support/lineage/renewal-conf.ts';
import { writeLineage } from '../support/lineage/tree.ts';
import { treeOf } from '../support/tree.ts';

const WORDS =
  'nginx: [emerg] cannot load certificate: key values mismatch\nnginx: configuration test failed\n';

describe('a certificate that the web server refuses', () => {
  test('goes, and what was there before is there again, to the byte', async ({ node, issued }) => {
    await writeIssuerTree(node.configDir, [issued.old]);
    const before = await treeOf(node.configDir);
    await node.refuse(issued.next.certificate, WORDS);
    const sound = bundleFor(node, issued.next, 2);
    const bundle = withFiles(sound, {
      'renewal.conf': sound.files['renewal.conf'].replace('version = 2.1.0', 'version = 5.6.0'),
    });
    await node.deliver(bundle);
    const known = [issued.old, issued.next];
    const installing = node.install();
    await watchLive(() => lookAtLive(node.configDir, NAME, known), installing);
    const { code, stdout, stderr } = await installing;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^certbot-ha: www\.example\.test \([0-9a-f]{12}\): rolled back\n/);
    expect(await treeOf(node.configDir)).toEqual(before);
    expect(await archiveOf(node)).toEqual(filesOf(1));
    for (const secret of secretsOf(bundle)) expect(stderr).not.toContain(secret);
  });

  test('is told of in the words of the web server, and its test is asked again without it', async ({
    node,
    issued,
  }) => {
    await writeIssuerTree(node.configDir, [issued.old]);
    await node.refuse(issued.next.certificate, WORDS);
    const bundle = bundleFor(node, issued.next, 2);
    await node.deliver(bundle);
    await node.install();
    expect(await node.verbs()).toEqual(['test', 'test']);
    const { state, messages } = await node.result(bundle);
    expect(state).toBe('rolled back');
    expect(messages.join('\n')).toContain('nginx: [emerg] cannot load certificate: key values mismatch');
    expect(messages[0]).toMatch(/web-server\.sh test: exit 1 \[web-server-test-failed\]$/);
    expect(messages.at(-1)).toBe(
      'the previous certificate is restored, and the test passes with it [previous-restored]',
    );
    expect(await node.installed()).toEqual([]);
  });

  test('is not blamed where the test fails without it as well: it stays, and is not reloaded', async ({
    node,
    issued,
  }) => {
    await writeIssuerTree(node.configDir, [issued.old]);
    const obstacle = join(node.directory, 'no-test');
    await writeFile(obstacle, 'unknown directive "srever"');
    const bundle = bundleFor(node, issued.next, 2);
    await node.deliver(bundle);
    expect(await node.install()).toMatchObject({ code: 1, stdout: '' });
    expect(await node.verbs()).toEqual(['test', 'test']);
    expect(await node.result(bundle)).toMatchObject({
      state: 'not reloaded',
      messages: [
        expect.stringMatching(/test: exit 1 \[web-server-test-failed\]$/),
        '  unknown directive "srever"',
        'the test failed before as well: the new certificate is in place, and in use once the test passes [test-failed-before]',
      ],
    });
    expect(generationIn(node.configDir, NAME, [issued.old, issued.next])).toBe(issued.next);
    expect(await node.installed()).toMatchObject([{ leaf: bundle.manifest.leaf }]);
    expect(await readdir(join(node.stateDir, 'journal'))).toEqual([]);

    await rm(obstacle);
    await node.deliver(bundle);
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
    expect(await node.result(bundle)).toMatchObject({ state: 'unchanged' });
    expect((await node.verbs()).slice(2)).toEqual(['test', 'reload']);
  });

  test('is blamed where its files are named now, and something else was before', async ({ node, issued }) => {
    await writeIssuerTree(node.configDir, [issued.old]);
    await node.name(NAME, 'gone.example.test');
    const file = join(node.configDir, 'live', NAME, 'privkey.pem');
    await node.refuse(issued.next.certificate, `SSL_CTX_use_PrivateKey("${file}") failed`);
    const bundle = bundleFor(node, issued.next, 2);
    await node.deliver(bundle);
    await node.install();
    const { state, messages } = await node.result(bundle);
    expect(state).toBe('rolled back');
    expect(messages.slice(1)).toEqual([
      `  SSL_CTX_use_PrivateKey("${file}") failed`,
      'the previous certificate is restored, but the test fails with it as well [previous-fails-too]',
    ]);
    expect(generationIn(node.configDir, NAME, [issued.old])).toBe(issued.old);
    expect(await archiveOf(node)).toEqual(filesOf(1));
  });

  test('leaves nothing of a first generation but the account', async ({ node, issued }) => {
    await node.refuse(issued.next.certificate, WORDS);
    await node.deliver(bundleFor(node, issued.next, 1));
    expect(await node.install()).toMatchObject({ code: 1 });
    const left = (await pathsIn(node.configDir)).filter((path) => !path.startsWith('accounts/'));
    expect(left).toEqual(['archive/', 'live/', 'renewal/']);
  });

  test('takes with it no archive and no configuration that were there without a live', async ({
    node,
    issued,
  }) => {
    await writeLineage(node.configDir, NAME, [issued.old]);
    await rm(join(node.configDir, 'live', NAME), { recursive: true });
    await mkdir(join(node.configDir, 'renewal'));
    const conf = join(node.configDir, 'renewal', `${NAME}.conf`);
    const text = `# the only copy\n${renewalConf({ configDir: node.configDir, lineage: NAME, params: OWN_HOOKS })}`;
    await writeFile(conf, text);
    await node.refuse(issued.next.certificate, WORDS);
    await node.deliver(bundleFor(node, issued.next, 2));
    expect(await node.install()).toMatchObject({ code: 1 });
    expect(await archiveOf(node)).toEqual(filesOf(1));
    expect(await readFile(conf, 'utf8')).toBe(text);
    expect(await readdir(join(node.configDir, 'live'))).toEqual([]);
  });

  test('may come again once the web server takes it', async ({ node, issued }) => {
    await writeIssuerTree(node.configDir, [issued.old]);
    await node.refuse(issued.next.certificate, WORDS);
    const bundle = bundleFor(node, issued.next, 2);
    for (const certificate of [issued.next.certificate, 'no longer']) {
      await node.refuse(certificate, WORDS);
      await node.deliver(bundle);
      await node.install();
    }
    expect(await node.result(bundle)).toMatchObject({ state: 'installed', messages: [] });
    expect(generationIn(node.configDir, NAME, [issued.next])).toBe(issued.next);
  });
});

describe('a web server that cannot be reloaded', () => {
  test('is told of, and the certificate stays for the next reload', async ({ node, issued }) => {
    await writeIssuerTree(node.configDir, [issued.old]);
    await writeFile(join(node.directory, 'no-reload'), 'Unit nginx.service is not loaded');
    const bundle = bundleFor(node, issued.next, 2);
    await node.deliver(bundle);
    expect(await node.install()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /not reloaded\n.*reload: exit 1 \[web-server-reload-failed\]\n.*Unit nginx/,
      ),
    });
    expect(await node.result(bundle)).toMatchObject({ state: 'not reloaded' });
    expect(generationIn(node.configDir, NAME, [issued.next])).toBe(issued.next);
    expect(await node.installed()).toMatchObject([{ leaf: bundle.manifest.leaf }]);
  });

  test('is reloaded when the same comes again', async ({ node, issued }) => {
    await writeIssuerTree(node.configDir, [issued.old]);
    const bundle = bundleFor(node, issued.next, 2);
    const obstacle = join(node.directory, 'no-reload');
    await writeFile(obstacle, 'Unit nginx.service is not loaded');
    await node.deliver(bundle);
    await node.install();
    await rm(obstacle);
    await node.deliver(bundle);
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
    expect(await node.result(bundle)).toMatchObject({ state: 'unchanged' });
    expect((await node.verbs()).at(-1)).toBe('reload');
  });

  test('may be one that is not installed', async ({ node, issued }) => {
    await node.configure({ reload: ['no-such-web-server'] });
    const bundle = bundleFor(node, issued.next, 1);
    await node.deliver(bundle);
    await node.install();
    expect(await node.result(bundle)).toMatchObject({
      state: 'not reloaded',
      messages: [expect.stringMatching(/not installed/)],
    });
  });
});
