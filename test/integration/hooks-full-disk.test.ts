// @module-tag slow
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { hookArgv, hookEnv, runHook } from '../support/cluster/certbot-hook.ts';
import { makeChallenge } from '../support/cluster/challenge.ts';
import { canMount, inNamespace, NO_MOUNT } from '../support/programs/namespace.ts';
import { start } from '../support/programs/program.ts';
import { DIST } from '../support/cluster/built.ts';
import { expect, test } from '../support/cluster/cluster.ts';

const challenge = makeChallenge();

describe('a full disk', () => {
  const FILL = 'dd if=/dev/zero of="$0/fill" bs=4k 2>/dev/null; exec "$@"';

  test('under the webroot: exit 1, no part of a file, earlier tokens as they were', async ({
    cluster,
    skip,
  }) => {
    const { webroot } = cluster.nodes[0];
    const earlier = makeChallenge();
    const script =
      'mount -t tmpfs -o size=64k none "$0" && mkdir -p "$0/.well-known/acme-challenge" && ' +
      `printf %s ${earlier.keyAuthorization} > "$0/.well-known/acme-challenge/${earlier.token}"; ` +
      'dd if=/dev/zero of="$0/fill" bs=4k 2>/dev/null; "$@"; status=$?; ' +
      'cd "$0/.well-known/acme-challenge" && ls -A && cat * && exit $status';
    const { code, stdout, stderr } = await inNamespace(
      script,
      [webroot, ...hookArgv('auth')],
      hookEnv(cluster, challenge),
      skip,
    );
    expect(code).toBe(1);
    expect(stderr).toBe(
      `certbot-ha: webroot ${webroot}/.well-known/acme-challenge: a token cannot be written: the disk is full [token-not-written]\n`,
    );
    expect(stdout).toBe(`${earlier.token}\n${earlier.keyAuthorization}`);
  });

  test('under the state directory: exit 1 and nothing in the webroot', async ({ cluster, skip }) => {
    await mkdir(join(cluster.stateDir, 'pending'), { recursive: true });
    const script = `mount -t tmpfs -o size=64k none "$0" && ${FILL}`;
    const { code, stderr } = await inNamespace(
      script,
      [cluster.stateDir, ...hookArgv('auth')],
      hookEnv(cluster, challenge),
      skip,
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`^certbot-ha: ${cluster.stateDir}/pending: the challenge cannot be recorded: [^\n]*ENOSPC`),
    );
    expect(stderr).not.toContain('bug');
    expect(await cluster.nodes[0].tokens()).toEqual([]);
  });

  test.for([
    [1, 'the directory of the batch'],
    [3, 'a file in it'],
  ] as const)(
    'with room for %i inodes, and none for %s: exit 1 and nothing in the webroot',
    async ([inodes], { cluster, skip }) => {
      await mkdir(cluster.stateDir);
      const script = `mount -t tmpfs -o nr_inodes=${inodes} none "$0" && exec "$@"`;
      const argv = [cluster.stateDir, ...hookArgv('auth')];
      const { code, stderr } = await inNamespace(script, argv, hookEnv(cluster, challenge), skip);
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^certbot-ha: [^\n]*(no room for a directory|the challenge cannot be recorded)[^\n]*\n$/,
      );
      expect(await cluster.nodes[0].tokens()).toEqual([]);
    },
  );

  test('on a peer: the report names it', async ({ cluster, skip }) => {
    const [, web2] = cluster.nodes;
    await cluster.configure({ gate: { timeout: 1, httpPort: cluster.httpPort } });
    if (!canMount()) return skip(NO_MOUNT);
    const script = `mount -t tmpfs -o size=16k none "$0" && mkdir -p "$0/.well-known/acme-challenge" && ${FILL}`;
    const agent = start(
      ['unshare', '-m', 'sh', '-c', script, web2.webroot, process.execPath, join(DIST, 'cli.js'), 'agent'],
      { env: cluster.envOf(web2) },
    );
    await agent.says(/"msg":"listening"/);
    const { code, stderr } = await runHook('auth', cluster, challenge);
    await agent.kill();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /web2 \S+: its agent refused \(507\): webroot \S+: a token cannot be written: the disk is full/,
    );
    expect(agent.stdout()).toContain('the disk is full');
  });
});
