// @module-tag slow
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { describe } from 'vitest';
import { hookArgv, hookEnv, runHook } from '../support/cluster/certbot-hook.ts';
import { inNamespace } from '../support/programs/namespace.ts';
import { makeChallenge } from '../support/cluster/challenge.ts';
import { run } from '../support/programs/program.ts';
import { expect, test } from '../support/cluster/cluster.ts';
import { recordsOf } from '../support/cluster/launchers.ts';
import { treeOf } from '../support/tree.ts';

const challenge = makeChallenge();
const { token, keyAuthorization } = challenge;
/** Nothing else is wrong with it. */
const withToken = (bad: string) => ({
  CERTBOT_TOKEN: bad,
  CERTBOT_VALIDATION: keyAuthorization.replace(token, bad),
});

describe.for(['auth', 'cleanup'] as const)(
  'the %s hook refuses an environment and writes nothing:',
  (hook) => {
    const CERTBOTS = {
      CERTBOT_DOMAIN: undefined,
      CERTBOT_IDENTIFIER: undefined,
      CERTBOT_TOKEN: undefined,
      CERTBOT_VALIDATION: undefined,
    };
    test.for([
      ['none of certbot', CERTBOTS, 'CERTBOT_DOMAIN'],
      ['no token', { CERTBOT_TOKEN: undefined }, 'CERTBOT_TOKEN'],
      ['no key authorization', { CERTBOT_VALIDATION: undefined }, 'CERTBOT_VALIDATION'],
      ['an empty token', { CERTBOT_TOKEN: '' }, 'CERTBOT_TOKEN'],
      ['a token of 15 characters', withToken('x'.repeat(15)), 'CERTBOT_TOKEN'],
      ['a token of 129 characters', withToken('x'.repeat(129)), 'CERTBOT_TOKEN'],
      ['a token that is a path', withToken(`../${token}`), 'CERTBOT_TOKEN'],
      [
        'a key authorization of another token',
        { CERTBOT_VALIDATION: makeChallenge().keyAuthorization },
        'CERTBOT_VALIDATION',
      ],
      [
        'a short key authorization',
        { CERTBOT_VALIDATION: keyAuthorization.slice(0, -1) },
        'CERTBOT_VALIDATION',
      ],
      [
        'a key authorization of two lines',
        { CERTBOT_VALIDATION: `${keyAuthorization}\nx` },
        'CERTBOT_VALIDATION',
      ],
      ['a wildcard', { CERTBOT_IDENTIFIER: '*.example.test' }, 'CERTBOT_IDENTIFIER'],
      ['a count that is none', { CERTBOT_REMAINING_CHALLENGES: 'many' }, 'CERTBOT_REMAINING_CHALLENGES'],
    ] as const)('%s', async ([, env, variable], { cluster }) => {
      // So that a launcher, which an early call may be, could record it.
      await recordsOf(cluster);
      const before = await treeOf(cluster.directory);
      const ended = await runHook(hook, cluster, challenge, { env });
      expect(ended).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr).toMatch(new RegExp(`^certbot-ha: ${variable}: [^\n]+\n$`));
      const early = await runHook(hook, cluster, challenge, { env, remainingChallenges: 1 });
      expect(early).toEqual(ended);
      expect(await treeOf(cluster.directory)).toEqual(before);
    });
  },
);

describe('the auth hook refuses, and writes nothing,', () => {
  test('a configuration with problems, a line each', async ({ cluster }) => {
    await cluster.configure({ gate: { timeout: '60s' }, colour: 'red', self: 'web9' });
    const before = await treeOf(cluster.directory);
    const { code, stdout, stderr } = await runHook('auth', cluster, challenge);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.trimEnd().split('\n').toSorted()).toEqual([
      `certbot-ha: ${cluster.configFile}: colour: unknown key [unknown-key]`,
      `certbot-ha: ${cluster.configFile}: gate.timeout: expected a number of seconds from 1 to 3600, got "60s" [invalid-value]`,
      `certbot-ha: ${cluster.configFile}: self: expected one of web1, web2, web3, got "web9" [invalid-value]`,
    ]);
    expect(await treeOf(cluster.directory)).toEqual(before);
  });

  test('a configuration that is missing', async ({ cluster }) => {
    await rm(cluster.configFile);
    const { code, stderr } = await runHook('auth', cluster, challenge);
    expect(code).toBe(2);
    expect(stderr).toContain(
      `certbot-ha: configuration ${cluster.configFile}: no such file [configuration-missing]\n`,
    );
  });

  test('a configuration that cannot be read', async ({ cluster }) => {
    await rm(cluster.configFile);
    await mkdir(cluster.configFile);
    const { code, stderr } = await runHook('auth', cluster, challenge);
    expect(code).toBe(2);
    expect(stderr).toContain(
      `configuration ${cluster.configFile}: cannot be read (EISDIR) [configuration-unreadable]`,
    );
  });

  test('a configuration that is not YAML', async ({ cluster }) => {
    await writeFile(cluster.configFile, 'nodes: {');
    const { code, stderr } = await runHook('auth', cluster, challenge);
    expect(code).toBe(2);
    expect(stderr).toMatch(/configuration \S+, line 1, column \d+: not YAML: /);
  });

  test('a host that is none of the nodes', async ({ cluster }) => {
    const { code, stderr } = await runHook('auth', cluster, challenge, {
      env: { CERTBOT_HA_NODE: undefined },
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /which node this is cannot be determined: this host is \S+ with .*127\.0\.0\.1.*; the nodes are web1 \(/,
    );
    expect(stderr).toContain(`set self in ${cluster.configFile}, or CERTBOT_HA_NODE in the environment`);
  });

  test('a host that is two of the nodes', async ({ cluster }) => {
    await cluster.configure({ nodes: { web1: '127.0.0.1', web2: '::1' } });
    const { code, stderr } = await runHook('auth', cluster, challenge, {
      env: { CERTBOT_HA_NODE: undefined },
    });
    expect(code).toBe(2);
    expect(stderr).toContain('the addresses of web1 (127.0.0.1), web2 (::1) are all on this host');
  });

  test.for([
    ['is missing', async (file: string) => await rm(file), 'no such file'],
    ['is too open', async (file: string) => await chmod(file, 0o644), 'mode is 0644, expected 0640 or less'],
    [
      'is not 32 bytes of hex',
      async (file: string) => await writeFile(file, 'secret-words'),
      'line 1: expected 32 bytes as 64 hexadecimal characters, got 12 characters',
    ],
  ] as const)('a key file that %s', async ([, spoil, message], { cluster }) => {
    await spoil(cluster.keyFile);
    const before = await treeOf(cluster.directory);
    for (const remainingChallenges of [0, 3]) {
      const { code, stderr } = await runHook('auth', cluster, challenge, { remainingChallenges });
      expect(code).toBe(2);
      expect(stderr).toContain(`certbot-ha: key file ${cluster.keyFile}`);
      expect(stderr).toContain(message);
      expect(stderr).toContain('0640');
      expect(stderr).not.toContain('secret-words');
    }
    expect(await treeOf(cluster.directory)).toEqual(before);
  });

  test('a webroot that is missing, and tells who needs to own it', async ({ cluster }) => {
    const { webroot } = cluster.nodes[0];
    const directory = `${webroot}/.well-known/acme-challenge`;
    await rm(webroot, { recursive: true });
    const { code, stderr } = await runHook('auth', cluster, challenge);
    expect(code).toBe(2);
    expect(stderr).toBe(
      `certbot-ha: webroot ${directory}: no such directory [webroot-missing]\n` +
        `certbot-ha:   the agent's user needs to own it: test -d ${directory} || install -d ${directory}; chown certbot-ha:certbot-ha ${directory}\n`,
    );
    expect((await treeOf(cluster.directory)).filter((line) => line.startsWith('state'))).toEqual([]);
  });

  test('a webroot that it may not write', async ({ cluster, skip }) => {
    const { webroot } = cluster.nodes[0];
    // Root may write anywhere, except where a file system is mounted read-only.
    const mounted = `mount -t tmpfs -o ro none "$0" && exec "$@"`;
    const { code, stderr } = await inNamespace(
      mounted,
      [webroot, ...hookArgv('auth')],
      hookEnv(cluster, challenge),
      skip,
    );
    expect(code).toBe(2);
    expect(stderr).toContain(
      `certbot-ha: webroot ${webroot}/.well-known/acme-challenge: not writable (EROFS) [webroot-not-writable]\n`,
    );
  });

  test('a state directory that it may not write', async ({ cluster }) => {
    await writeFile(cluster.stateDir, '');
    const { code, stderr } = await runHook('auth', cluster, challenge);
    expect(code).toBe(2);
    expect(stderr).toContain(`certbot-ha: stateDir ${cluster.stateDir}: not writable (`);
    expect(await cluster.nodes[0].tokens()).toEqual([]);
  });

  test('an option that it does not know', async ({ cluster }) => {
    const env = hookEnv(cluster, challenge);
    const { code, stderr } = await run([...hookArgv('auth'), '--confg', 'x'], { env });
    expect(code).toBe(2);
    expect(stderr).toBe(
      "certbot-ha: certbot-ha-auth: unknown option '--confg' [usage]\ncertbot-ha:   usage: certbot-ha-auth [--config FILE]\n",
    );
  });
});
