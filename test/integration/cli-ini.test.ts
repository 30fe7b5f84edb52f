// @module-tag slow
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe } from 'vitest';
import { expect, test, type TestCluster } from '../support/cluster/cluster.ts';
import { certbotHaIn } from '../support/cluster/command-line.ts';

async function writeCliIni(cluster: TestCluster, text: string): Promise<string> {
  const configDir = join(cluster.directory, 'letsencrypt');
  await mkdir(join(configDir, 'renewal'), { recursive: true });
  await writeFile(join(configDir, 'cli.ini'), text);
  await cluster.configure({ certificates: { configDir, issuer: 'any' } });
  return join(configDir, 'cli.ini');
}

/** A certbot that says with what it was started. */
async function withCertbot(directory: string): Promise<NodeJS.ProcessEnv> {
  await mkdir(join(directory, 'bin'));
  await writeFile(join(directory, 'bin/certbot'), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
  return { PATH: `${directory}/bin:${process.env['PATH']}` };
}

describe.concurrent('a cli.ini by which certbot renew would not do what the lineages say', () => {
  const DEPLOY_HOOK = 'deploy-hook = systemctl reload nginx';

  test.for(['is-issuer', 'sync'] as const)(
    'is told by %s, with file, key and the way out',
    async (command, { cluster }) => {
      const file = await writeCliIni(cluster, `${DEPLOY_HOOK}\nauthenticator = webroot\n`);
      await Promise.all([cluster.nodes[1].startAgent(), cluster.nodes[2].startAgent()]);
      const { code, stderr } = await certbotHaIn(cluster, [command]);
      expect(code).toBe(0);
      expect(stderr).toContain(`certbot-ha: ${file}: ${DEPLOY_HOOK}: certbot renew uses this line`);
      expect(stderr).toContain('renewal-hooks/deploy/');
      expect(stderr).toContain(`certbot-ha: ${file}: authenticator = webroot: certbot renew uses this line`);
    },
  );

  test('is told by status, for people, programs and monitors', async ({ cluster }) => {
    const file = await writeCliIni(cluster, DEPLOY_HOOK);
    const [people, programs, monitors] = await Promise.all(
      [['status'], ['status', '--json'], ['status', '--check']].map(
        async (argv) => await certbotHaIn(cluster, argv),
      ),
    );
    expect(people?.stdout).toContain(`${file}: ${DEPLOY_HOOK}: certbot renew uses this line`);
    const { overrides } = JSON.parse(programs?.stdout ?? '') as { overrides: unknown };
    expect(overrides).toEqual([
      {
        ...{ code: 'cli-ini-overrides', file, key: 'deploy-hook', value: 'systemctl reload nginx' },
        message: expect.stringContaining(file) as string,
      },
    ]);
    expect(monitors).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('[cli-ini-overrides]') as string,
    });
  });

  test('is told by certonly, which goes on, whatever file certbot is given', async ({
    cluster,
    directory,
  }) => {
    await writeCliIni(cluster, 'key-type = rsa');
    const file = join(directory, 'mine.ini');
    await writeFile(file, 'authenticator = webroot\nwebroot-path = /var/www\n');
    const argv = ['certonly', '-c', file, '-d', '192.0.2.1'];
    const { code, stdout, stderr } = await certbotHaIn(cluster, argv, await withCertbot(directory));
    expect(code).toBe(0);
    expect(stdout).toContain('--authenticator\nmanual\n');
    expect(stderr).toContain(`certbot-ha: ${file}: authenticator = webroot: certbot renew uses this line`);
  });

  test.for([
    ['dns', ['-d', '*.a.example.test'], []],
    ['dns', ['-d', 'a.example.test'], []],
    ['http', ['-d', '*.a.example.test'], ['http,dns']],
    ['http', ['-d', '192.0.2.1', '--preferred-challenges', 'dns'], ['dns']],
    ['dns', ['-d', '192.0.2.1', '--preferred-challenges', 'http'], ['http']],
  ] as const)(
    'of preferred-challenges = %s is told by certonly %j where it is another challenge, with dns set',
    async ([value, given, said], { cluster, directory }) => {
      const file = join(directory, 'letsencrypt/cli.ini');
      await mkdir(dirname(file));
      await writeFile(file, `preferred-challenges = ${value}\n`);
      const dns = { provider: 'command', command: ['/bin/true'] };
      await cluster.configure({ dns, certificates: { configDir: '/nowhere', issuer: 'any' } });
      const env = { ...(await withCertbot(directory)), XDG_CONFIG_HOME: directory };
      const run = await certbotHaIn(cluster, ['certonly', ...given], env);
      expect(run.code).toBe(0);
      const told = `certbot-ha: ${file}: preferred-challenges = ${value}: certbot renew uses this line`;
      expect(run.stderr.includes(told)).toBe(said.length > 0);
      // What cli.ini says counts where it is not said again.
      expect([...run.stdout.matchAll(/^--preferred-challenges\n(.*)$/gm)].map(([, list]) => list)).toEqual(
        said,
      );
    },
  );

  test('keeps certonly from its work where certbot would not begin', async ({ cluster, directory }) => {
    const file = await writeCliIni(cluster, 'webroot = true');
    const { code, stdout, stderr } = await certbotHaIn(
      cluster,
      ['certonly', '-d', '192.0.2.1'],
      await withCertbot(directory),
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(
      `certbot-ha: ${file}: webroot = true: certbot takes no other authenticator beside it`,
    );
  });
});
