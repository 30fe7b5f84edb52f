// @module-tag slow
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { DIST } from '../support/cluster/built.ts';
import { expect, test } from '../support/cluster/cluster.ts';
import { certbotHaIn, CLI } from '../support/cluster/command-line.ts';
import { start } from '../support/programs/program.ts';

describe.concurrent('certonly', () => {
  const withCertbot = async (directory: string, script: string) => {
    const bin = join(directory, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'certbot'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return { PATH: `${bin}:${process.env['PATH']}` };
  };

  test('runs certbot with the hooks of this installation, and what was given behind', async ({
    cluster,
    directory,
  }) => {
    const env = await withCertbot(directory, 'printf "%s\\n" "$@"');
    const { code, stdout, stderr } = await certbotHaIn(
      cluster,
      ['certonly', '--here', '-d', 'a.example.test', '--dry-run', '--help=x'],
      env,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const hook = (name: string) => `${DIST}/hooks/${name} --config ${cluster.configFile}`;
    expect(stdout.trimEnd().split('\n')).toEqual([
      ...['certonly', '--authenticator', 'manual', '--preferred-challenges', 'http'],
      ...['--manual-auth-hook', hook('certbot-ha-auth'), '--manual-cleanup-hook', hook('certbot-ha-cleanup')],
      ...['--deploy-hook', hook('deploy.js'), '--config-dir', join(directory, 'letsencrypt')],
      ...['-d', 'a.example.test', '--dry-run', '--help=x'],
    ]);
  });

  test.for([
    [['-d', 'a.test', '--help']],
    [['-d', 'a.test', '-h']],
    [['--help', 'all']],
    [['--version']],
    [['-d', 'a.test', '-d', 'b.test', '-d', 'a.test']],
    [['--config', '/etc/letsencrypt/cli.ini', '-d', 'a.test']],
    [['--config-dir=/etc/le', '--no-eff-email', '--unheard-of', '-vv', '-m', 'me@a.test']],
    [['-d', 'a.test', '--', '--json', '--watch']],
    [['--cert-name', 'help', '-d', '', '-d', 'two words']],
    [['--get-yargs-completions', 'status']],
  ] as const)('passes %j on', async ([given], { cluster, directory }) => {
    const env = await withCertbot(directory, 'printf "%s\\n" "$@"');
    const { code, stdout, stderr } = await certbotHaIn(cluster, ['certonly', '--here', ...given], env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.slice(0, -1).split('\n').slice(-given.length)).toEqual(given);
    const config = ['--config', cluster.configFile];
    const other = { ...env, CERTBOT_HA_CONFIG: '/nowhere/config.yaml' };
    expect((await certbotHaIn(cluster, [...config, 'certonly', ...given, '--here'], other)).stdout).toBe(
      stdout,
    );
  });

  test('names where a name leads to other addresses than those of the cluster, and goes on', async ({
    cluster,
    directory,
  }) => {
    const env = await withCertbot(directory, 'echo certbot has run');
    const { code, stdout, stderr } = await certbotHaIn(
      cluster,
      ['certonly', '--here', '-d', 'a.example.test,localhost'],
      env,
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'certbot has run\n' });
    expect(stderr).toMatch(/^certbot-ha: localhost leads to 127\.0\.0\.1, .* \[name-leads-elsewhere\]$/m);
  });

  test('ends as certbot does', async ({ cluster, directory }) => {
    const env = await withCertbot(directory, 'echo certbot says no >&2; exit 7');
    expect(await certbotHaIn(cluster, ['certonly', '--here', '-d', 'a.test'], env)).toMatchObject({
      code: 1,
      stderr: 'certbot says no\n',
    });
  });

  test.for([
    ['where no agent answers', false, 'this node does not hold the VIP 192.0.2.10 [vip-not-held]'],
    ['where another answers', true, 'no node that answers holds the VIP 192.0.2.10 [vip-held-by-nobody]'],
  ] as const)(
    'is refused on a node that does not hold the VIP, by what is known %s',
    async ([, isAnswered, words], { cluster, directory }) => {
      await cluster.configure({ vips: ['192.0.2.10'] });
      if (isAnswered) await cluster.nodes[1].startAgent();
      const env = await withCertbot(directory, 'echo never; exit 0');
      const { code, stdout, stderr } = await certbotHaIn(cluster, ['certonly', '-d', 'a.test'], env);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain(`certbot-ha: web1 does not renew: ${words}\n`);
      expect(stderr).toContain('certbot-ha certonly --here');
    },
  );

  test.for([
    ['Ctrl-C reaches certbot once, by the terminal', 'SIGINT', true, 'INT\n'],
    ['a signal to certbot-ha alone is passed on', 'SIGTERM', false, 'TERM\n'],
  ] as const)('%s', async ([, signal, isOfGroup, heard], { cluster, directory }) => {
    const traps = "trap 'echo INT' INT; trap 'echo TERM' TERM; trap 'echo HUP' HUP";
    // Each trap ends the sleep that it comes in; what comes second is heard in the next one.
    const env = await withCertbot(directory, `${traps}; echo ready; sleep 20 & wait $!; sleep 1; kill $!`);
    const command = start([process.execPath, CLI, 'certonly', '--here', '-d', 'a.test', '--version'], {
      env: { ...cluster.envOf(cluster.nodes[0]), ...env },
      leadsGroup: true,
    });
    onTestFinished(async () => await command.kill());
    await command.says(/ready/);
    process.kill(isOfGroup ? -command.pid : command.pid, signal);
    const { stdout } = await command.ended;
    expect(stdout).toBe(`ready\n${heard}`);
  });

  test('says that certbot is missing', async ({ cluster, directory }) => {
    const { code, stderr } = await certbotHaIn(cluster, ['certonly', '-d', 'a.test', '--here'], {
      PATH: directory,
    });
    expect(code).toBe(1);
    expect(stderr).toBe('certbot-ha: certbot is not installed, or not in PATH [certbot-not-installed]\n');
  });
});
