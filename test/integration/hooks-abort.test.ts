// @module-tag slow
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { AUTH, CLEANUP, certbotRuns, command, pendingIn } from '../support/cluster/certbot-runs.ts';
import { makeChallenge, makeChallenges } from '../support/cluster/challenge.ts';
import { expect, test, type TestCluster } from '../support/cluster/cluster.ts';
import { recordsOf } from '../support/cluster/launchers.ts';

const ASKS = 'echo asking the CA';
const ABORT = (cluster: TestCluster, timeout = 30) => ({
  gate: { timeout, onFailure: 'abort', httpPort: cluster.httpPort },
});

/** A hook that does not get as far as recording anything. */
const killedAtOnce = 'kill -9 $$; true';

/** How a certbot ended whose hooks are these, and that asks the CA after them. */
async function endOf(cluster: TestCluster, commands: readonly string[]) {
  const certbot = await certbotRuns(cluster, [...commands, ASKS]);
  const ended = await certbot.ended;
  return { ...ended, pid: certbot.pid };
}

async function expectEnded(cluster: TestCluster, commands: readonly string[], words: RegExp) {
  const { code, stdout, stderr, pid } = await endOf(cluster, commands);
  expect(stdout).not.toMatch(/asking the CA|a further hook/);
  expect(code).toBe(143);
  expect(stderr).toMatch(words);
  expect(stderr).toContain(
    `gate.onFailure is abort: ending certbot (process ${pid}) before it asks the CA [certbot-ended-by-hook]`,
  );
  expect(stderr).not.toContain('bug');
  expect(await cluster.tokens()).toEqual([[], [], []]);
  expect(await readdir(cluster.stateDir).catch(() => [])).not.toContain('failures.json');
}

describe('with gate.onFailure: abort certbot is ended', () => {
  const challenge = makeChallenge();

  test('by an environment that is not in order', async ({ cluster }) => {
    await cluster.configure(ABORT(cluster));
    const hook = command(AUTH, cluster, { ...challenge, token: 'short' });
    await expectEnded(cluster, [hook], /CERTBOT_TOKEN: expected 16 to 128 characters/);
  });

  test('by an early call whose environment is not in order, and no further hook is run', async ({
    cluster,
  }) => {
    await cluster.configure(ABORT(cluster));
    // All else is in order, so that a launcher could record it.
    const records = await recordsOf(cluster);
    const short = { ...challenge, token: 'short', keyAuthorization: `short.${'A'.repeat(43)}` };
    const hooks = [command(AUTH, cluster, short, 1), 'echo a further hook'];
    await expectEnded(cluster, hooks, /CERTBOT_TOKEN: expected 16 to 128 characters/);
    expect(await readdir(records)).toEqual([]);
  });

  test.for([
    [
      'a key file that is too open',
      async ({ keyFile }: TestCluster) => await chmod(keyFile, 0o644),
      /mode is 0644/,
    ],
    [
      'a webroot that is not there',
      async ({ nodes }: TestCluster) => await rm(nodes[0].webroot, { recursive: true }),
      /webroot \S+: no such directory/,
    ],
    [
      'a stateDir that is a file',
      async ({ stateDir }: TestCluster) => await writeFile(stateDir, ''),
      /stateDir \S+: not writable/,
    ],
  ] as const)('by %s', async ([, spoil, words], { cluster }) => {
    await cluster.configure(ABORT(cluster));
    await spoil(cluster);
    await expectEnded(cluster, [command(AUTH, cluster, challenge)], words);
  });

  test('by a token that cannot be written, and what was written before it is removed', async ({
    cluster,
  }) => {
    await cluster.configure(ABORT(cluster));
    const [first = challenge, second = challenge] = makeChallenges(2);
    const directory = join(cluster.nodes[0].webroot, '.well-known/acme-challenge');
    // No file takes the place of a directory.
    await mkdir(join(directory, second.token, 'below'), { recursive: true });
    const { code, stdout } = await endOf(cluster, [
      command(AUTH, cluster, first, 1, [first, second]),
      command(AUTH, cluster, second, 0, [first, second]),
    ]);
    expect({ code, stdout }).toEqual({
      code: 143,
      stdout: expect.not.stringContaining('asking the CA') as string,
    });
    expect(await readdir(directory)).toEqual([second.token]);
  });

  test('by an earlier hook that fails, and what the first one recorded is forgotten', async ({ cluster }) => {
    await cluster.configure(ABORT(cluster));
    const batch = makeChallenges(3);
    const [first, second, third] = batch.map((one, index) =>
      command(AUTH, cluster, one, 2 - index, [...batch]),
    );
    const spoil = `chmod 644 ${cluster.keyFile}`;
    await expectEnded(cluster, [first ?? '', spoil, second ?? '', third ?? ''], /mode is 0644/);
    expect(await pendingIn(cluster)).toEqual([]);
  });

  test('by an earlier hook that was killed before it had recorded', async ({ cluster }) => {
    await cluster.startAll();
    await cluster.configure(ABORT(cluster));
    const batch = makeChallenges(2);
    const last = command(AUTH, cluster, batch[1] ?? challenge, 0, [...batch]);
    await expectEnded(
      cluster,
      [killedAtOnce, last],
      new RegExp(`not recorded by their auth hooks, and not presented: ${batch[0]?.identifier} \\[`),
    );
    expect(await pendingIn(cluster)).toEqual([]);
  });

  test.for(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'] as const)(
    'by %s for the last hook',
    async (signal, { cluster }) => {
      await cluster.configure(ABORT(cluster));
      const file = join(cluster.directory, 'hook.pid');
      // As certbot does, it reads what the hook and its guard write, to the end.
      const run = command(AUTH, cluster, challenge).replace('; true', ` & echo $! >${file}; wait`);
      const hook = `{ ${run}; } 2>&1 >/dev/null | cat >&2; true`;
      const certbot = await certbotRuns(cluster, [hook, ASKS]);
      await eventually(async () => (await cluster.nodes[0].tokens()).length === 1, {
        timeoutMs: 5_000,
        what: 'the token is in the webroot',
      });
      process.kill(Number(await readFile(file, 'utf8')), signal);
      const { code, stdout, stderr } = await certbot.ended;
      expect(stdout).not.toContain('asking the CA');
      expect(code).toBe(143);
      if (signal === 'SIGKILL') return;
      expect(stderr).toContain('interrupted: cleaning up [interrupted]');
      expect(await cluster.tokens()).toEqual([[], [], []]);
    },
  );

  test('and what it did not ask is not counted against the limit of the CA', async ({ cluster }) => {
    await cluster.configure(ABORT(cluster, 1));
    for (let times = 0; times < 4; times += 1) {
      await expectEnded(
        cluster,
        [command(AUTH, cluster, makeChallenge())],
        /the challenges were not seen everywhere/,
      );
    }
  });
});

describe('with gate.onFailure: continue', () => {
  test('the others are presented when an earlier hook could not record, and the last one exits 1', async ({
    cluster,
  }) => {
    await cluster.startAll();
    const batch = makeChallenges(2);
    const last = command(AUTH, cluster, batch[1] ?? makeChallenge(), 0, [...batch]).replace('; true', '');
    const { stdout, stderr } = await endOf(cluster, [last]);
    expect(stdout).toContain('hook exit 1');
    expect(stdout).toContain('asking the CA');
    expect(stderr).toContain(`not presented: ${batch[0]?.identifier} [challenges-not-recorded]`);
    for (const tokens of await cluster.tokens()) expect(tokens).toEqual([batch[1]?.token]);
    const failures = JSON.parse(await readFile(join(cluster.stateDir, 'failures.json'), 'utf8')) as object;
    expect(Object.keys(failures)).toEqual([batch[0]?.identifier]);
  });

  test('a name that is not recorded is told of, though the batch before had it and a node keeps that', async ({
    cluster,
  }) => {
    await cluster.configure({ gate: { timeout: 1, httpPort: cluster.httpPort } });
    const [ec, rsa] = [makeChallenges(2), makeChallenges(2)];
    const names = ec.map(({ identifier }) => identifier);
    const [first, second] = [
      ec[0] ?? makeChallenge(),
      { ...(rsa[1] ?? makeChallenge()), identifier: names[1] ?? '' },
    ];
    const { stderr } = await endOf(cluster, [
      command(AUTH, cluster, first, 1, [...ec]),
      command(CLEANUP, cluster, ec[1] ?? makeChallenge(), 0, [...ec]),
      command(AUTH, cluster, second, 0, [...ec]),
    ]);
    expect(stderr).toContain('tokens may be left on web2');
    expect(stderr).toContain(`not presented: ${first.identifier} [challenges-not-recorded]`);
  });
});
