// @module-tag slow
import { describe } from 'vitest';
import { runHook } from '../support/cluster/certbot-hook.ts';
import { makeChallenge, makeChallenges } from '../support/cluster/challenge.ts';
import { expect, test, type TestCluster } from '../support/cluster/cluster.ts';
import {
  AUTH,
  certbotRuns,
  CLEANUP,
  command,
  isClean,
  pendingIn,
  UNTIL_IT_ENDS,
} from '../support/cluster/certbot-runs.ts';

describe('with gate.onFailure: abort', () => {
  const ABORT = (cluster: TestCluster) => ({
    gate: { timeout: 1, onFailure: 'abort', httpPort: cluster.httpPort },
  });

  test('certbot is ended before it asks the CA, and the tokens are gone before that', async ({ cluster }) => {
    const [web1, web2, web3] = cluster.nodes;
    await Promise.all([web1.startSite(), web2.startSite(), web2.startAgent(), web3.startAgent()]);
    await cluster.configure(ABORT(cluster));
    const batch = makeChallenges(2);
    const commands = batch.map((challenge, index) =>
      command(AUTH, cluster, challenge, 1 - index, [...batch]),
    );
    const certbot = await certbotRuns(cluster, [...commands, 'echo asking the CA']);
    const { code, stdout, stderr } = await certbot.ended;
    expect(code).toBe(143);
    expect(stdout).toContain('certbot: ended by SIGTERM');
    expect(stdout).not.toContain('asking the CA');
    expect(stderr).toMatch(/web3 \S+: port \d+: connection refused: is the web server running\?/);
    expect(stderr).toContain(
      `gate.onFailure is abort: ending certbot (process ${certbot.pid}) before it asks the CA [certbot-ended-by-hook]`,
    );
    expect(await cluster.tokens()).toEqual([[], [], []]);
    expect(await pendingIn(cluster)).toEqual([]);
  });

  test('a hook that no certbot runs says so, signals nobody and exits 1', async ({ cluster }) => {
    await cluster.nodes[0].startSite();
    await cluster.configure(ABORT(cluster));
    const ended = await runHook('auth', cluster, makeChallenge(), { isByHand: true });
    expect(ended).toMatchObject({ code: 1, signal: null, stdout: '' });
    expect(ended.stderr).toContain(
      'gate.onFailure is abort, but no certbot runs this hook: nothing to end [no-certbot-to-end]\n',
    );
    expect(await cluster.nodes[0].tokens()).toEqual([]);
  });

  test('what a peer keeps stays recorded, for the next run to take away', async ({ cluster }) => {
    await cluster.configure(ABORT(cluster));
    const challenge = makeChallenge();
    const { stderr } = await runHook('auth', cluster, challenge, { isByHand: true });
    expect(stderr).toContain(
      `certbot-ha:   tokens may be left on web2 ${cluster.nodes[1].address}, to be removed by the next run [tokens-left]\n` +
        `certbot-ha:     agent port ${cluster.agentPort}: connection refused: is certbot-ha-agent running there? [connection-refused]\n`,
    );
    expect(await pendingIn(cluster)).toEqual([`${challenge.token}.json`]);
  });

  test('nothing is ended where the gate holds', async ({ cluster }) => {
    await cluster.startAll();
    await cluster.configure({ gate: { timeout: 5, onFailure: 'abort', httpPort: cluster.httpPort } });
    const certbot = await certbotRuns(cluster, [
      command(AUTH, cluster, makeChallenge()),
      'echo asking the CA',
    ]);
    const { code, stdout, stderr } = await certbot.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('asking the CA');
  });
});

test('with gate.onFailure: continue certbot goes on, and its clean-up hook finds the tokens', async ({
  cluster,
}) => {
  const [web1, web2, web3] = cluster.nodes;
  await Promise.all([web1.startSite(), web2.startSite(), web2.startAgent(), web3.startAgent()]);
  await cluster.configure({ gate: { timeout: 1, httpPort: cluster.httpPort } });
  const challenge = makeChallenge();
  const certbot = await certbotRuns(cluster, [
    command(AUTH, cluster, challenge),
    'echo asking the CA',
    command(CLEANUP, cluster, challenge),
  ]);
  const { code, stdout } = await certbot.ended;
  expect(code).toBe(0);
  expect(stdout).toContain('asking the CA');
  expect(await cluster.tokens()).toEqual([[], [], []]);
  expect(await pendingIn(cluster)).toEqual([]);
});

describe('what a run that died has left', () => {
  test('is taken away by the next run, also after half a batch', async ({ cluster }) => {
    await cluster.startAll();
    const batch = makeChallenges(3);
    const commands = batch
      .slice(0, 2)
      .map((challenge, index) => command(AUTH, cluster, challenge, 2 - index, [...batch]));
    const certbot = await certbotRuns(cluster, [...commands, `echo half-way; ${UNTIL_IT_ENDS}`]);
    await certbot.says(/half-way/);
    certbot.child.kill('SIGKILL');
    expect(await pendingIn(cluster)).toHaveLength(2);

    const next = makeChallenge('b.example.test');
    const again = await certbotRuns(cluster, [command(AUTH, cluster, next), command(CLEANUP, cluster, next)]);
    expect(await again.ended).toMatchObject({ code: 0, stderr: '' });
    expect(await isClean(cluster)).toBe(true);
    expect(await pendingIn(cluster)).toEqual([]);
  });

  test('is taken away from every node when its tokens were there already', async ({ cluster }) => {
    await cluster.startAll();
    const old = makeChallenge();
    const certbot = await certbotRuns(cluster, [command(AUTH, cluster, old)]);
    expect(await certbot.ended).toMatchObject({ code: 0, stderr: '' });
    expect((await cluster.tokens()).flat()).toEqual([old.token, old.token, old.token]);

    const next = makeChallenge('b.example.test');
    const again = await certbotRuns(cluster, [command(AUTH, cluster, next), command(CLEANUP, cluster, next)]);
    expect(await again.ended).toMatchObject({ code: 0, stderr: '' });
    expect(await isClean(cluster)).toBe(true);
    expect(await pendingIn(cluster)).toEqual([]);
  });

  test('on a peer that was down at the clean-up is taken away by the next run', async ({ cluster }) => {
    const [, web3agent] = await cluster.startAll();
    const old = makeChallenge();
    const first = await certbotRuns(cluster, [
      command(AUTH, cluster, old),
      `kill ${web3agent?.program.pid}`,
      command(CLEANUP, cluster, old),
    ]);
    expect((await first.ended).stderr).toContain(`tokens may be left on web3 ${cluster.nodes[2].address}`);
    expect(await cluster.tokens()).toEqual([[], [], [old.token]]);

    await cluster.nodes[2].startAgent();
    const next = makeChallenge('b.example.test');
    const again = await certbotRuns(cluster, [command(AUTH, cluster, next), command(CLEANUP, cluster, next)]);
    expect(await again.ended).toMatchObject({ code: 0, stderr: '' });
    expect(await isClean(cluster)).toBe(true);
    expect(await pendingIn(cluster)).toEqual([]);
  });

  test('is left alone as long as its certbot runs', async ({ cluster }) => {
    await cluster.startAll();
    const [slow, quick] = [makeChallenge('slow.example.test'), makeChallenge('quick.example.test')];
    const first = await certbotRuns(cluster, [
      command(AUTH, cluster, slow),
      `echo asking the CA; ${UNTIL_IT_ENDS}`,
    ]);
    await first.says(/asking the CA/);
    const second = await certbotRuns(cluster, [
      command(AUTH, cluster, quick),
      command(CLEANUP, cluster, quick),
    ]);
    expect(await second.ended).toMatchObject({ code: 0, stderr: '' });
    expect(await cluster.tokens()).toEqual([[slow.token], [slow.token], [slow.token]]);
    first.child.kill('SIGKILL');
  });
});
