import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import type { Challenge } from '../../lib/challenge/challenge.ts';
import { eventually } from '../lab/eventually.ts';
import { hookEnv, hookFile, runBatch, runHook } from '../support/cluster/certbot-hook.ts';
import { startFakeCertbot } from '../support/programs/fake-certbot.ts';
import { makeChallenge, makeChallenges } from '../support/cluster/challenge.ts';
import { start } from '../support/programs/program.ts';
import { expect, test, type TestCluster } from '../support/cluster/cluster.ts';

const AUTH = `${process.execPath} ${hookFile('auth')}`;
const CLEANUP = `${process.execPath} ${hookFile('cleanup')}`;

/** For a shell: waits as long as its certbot runs. */
const UNTIL_IT_ENDS = 'while kill -0 $PPID 2>/dev/null; do sleep 0.05; done';

/** A hook's command line as certbot hands it to a shell, with an environment of its own. */
function command(
  hook: string,
  cluster: TestCluster,
  challenge: Challenge,
  remaining = 0,
  batch = [challenge],
): string {
  const { PATH: _, ...env } = hookEnv(cluster, challenge, { remaining, batch });
  return `${Object.entries(env)
    .map(([name, value]) => `${name}='${value}'`)
    .join(' ')} ${hook}; true`;
}

async function certbotRuns(cluster: TestCluster, commands: readonly string[]) {
  const certbot = await startFakeCertbot(cluster.directory, commands);
  onTestFinished(async () => await certbot.kill());
  return certbot;
}

const isClean = async (cluster: TestCluster) => (await cluster.tokens()).flat().length === 0;
const pendingIn = async (cluster: TestCluster) => await readdir(join(cluster.stateDir, 'pending'));

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
      `gate.onFailure is abort: ending certbot (process ${certbot.pid}) before it asks the CA`,
    );
    expect(await cluster.tokens()).toEqual([[], [], []]);
    expect(await pendingIn(cluster)).toEqual([]);
  });

  test('a hook that no certbot runs says so, signals nobody and exits 1', async ({ cluster }) => {
    await cluster.nodes[0].startSite();
    await cluster.configure(ABORT(cluster));
    const ended = await runHook('auth', cluster, makeChallenge());
    expect(ended).toMatchObject({ code: 1, signal: null, stdout: '' });
    expect(ended.stderr).toContain(
      'gate.onFailure is abort, but no certbot runs this hook: nothing to end\n',
    );
    expect(await cluster.nodes[0].tokens()).toEqual([]);
  });

  test('what a peer keeps stays recorded, for the next run to take away', async ({ cluster }) => {
    await cluster.configure(ABORT(cluster));
    const challenge = makeChallenge();
    const { stderr } = await runHook('auth', cluster, challenge);
    expect(stderr).toContain(
      `left on web2 ${cluster.nodes[1].address}: agent port ${cluster.agentPort}: connection refused`,
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
    expect((await first.ended).stderr).toContain(`tokens are left on web3 ${cluster.nodes[2].address}`);
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

describe('the last auth hook', () => {
  const waiting = async (cluster: TestCluster) => {
    const [web1, web2] = cluster.nodes;
    await Promise.all([web1.startSite(), web2.startSite(), web2.startAgent(), cluster.nodes[2].startAgent()]);
    await cluster.configure({ gate: { timeout: 30, httpPort: cluster.httpPort } });
  };
  const isEverywhere = async (cluster: TestCluster) =>
    (await cluster.tokens()).every(({ length }) => length === 1);

  test.for(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'cleans up and ends on %s',
    async (signal, { cluster }) => {
      await waiting(cluster);
      const hook = start([process.execPath, hookFile('auth')], { env: hookEnv(cluster, makeChallenge()) });
      onTestFinished(async () => await hook.kill());
      await eventually(async () => await isEverywhere(cluster), {
        timeoutMs: 5_000,
        what: 'the token is on every node',
      });
      hook.child.kill(signal);
      const { code, stderr } = await hook.ended;
      expect({ code, stderr }).toEqual({ code: 1, stderr: 'certbot-ha: interrupted: cleaning up\n' });
      expect(await cluster.tokens()).toEqual([[], [], []]);
      expect(await pendingIn(cluster)).toEqual([]);
    },
  );

  test('cleans up when certbot has been killed above it', async ({ cluster }) => {
    await waiting(cluster);
    await cluster.configure({ gate: { timeout: 3, httpPort: cluster.httpPort } });
    const certbot = await certbotRuns(cluster, [command(AUTH, cluster, makeChallenge())]);
    await eventually(async () => await isEverywhere(cluster), {
      timeoutMs: 5_000,
      what: 'the token is on every node',
    });
    certbot.child.kill('SIGKILL');
    await eventually(async () => await isClean(cluster), { timeoutMs: 6_000, what: 'the token is gone' });
  });
});

describe('an auth hook that only records', () => {
  test('loads nothing that speaks to the network', async ({ cluster, directory }) => {
    const preload = join(directory, 'preload.cjs');
    const list = join(directory, 'loaded.json');
    await writeFile(
      preload,
      `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(list)}, ` +
        `JSON.stringify({ files: Object.keys(require.cache), native: process.moduleLoadList })));`,
    );
    const loadedBy = async (remaining: number) => {
      const batch = makeChallenges(2);
      const env = {
        ...hookEnv(cluster, batch[0] ?? makeChallenge(), { remaining, batch }),
        NODE_OPTIONS: `--require ${preload}`,
      };
      await start([process.execPath, hookFile('auth')], { env }).ended;
      const { files, native } = JSON.parse(await readFile(list, 'utf8')) as {
        files: string[];
        native: string[];
      };
      const maps = await Promise.all(
        files
          .filter((file) => file !== preload)
          .map(async (file) => JSON.parse(await readFile(`${file}.map`, 'utf8')) as { sources: string[] }),
      );
      return { sources: maps.flatMap(({ sources }) => sources), native };
    };
    const NETWORK =
      /node_modules\/(undici|fastify|pino|p-limit)\/|\/lib\/(agent|gate|transport|http)\/|\/channel\/client/;
    const NATIVE = /^NativeModule (_http_client|http|https|tls|net|_tls_wrap|child_process)$/;

    await cluster.configure({ gate: { timeout: 1, httpPort: cluster.httpPort } });
    const recorded = await loadedBy(1);
    expect(recorded.sources.length).toBeGreaterThan(10);
    expect(recorded.sources.filter((source) => NETWORK.test(source))).toEqual([]);
    expect(recorded.native.filter((name) => NATIVE.test(name))).toEqual([]);
    // What the last one loads shows that the look above sees it.
    expect(
      (await loadedBy(0)).sources.filter((source) => /node_modules\/undici\//.test(source)).length,
    ).toBeGreaterThan(0);
  });
});

test('nine hooks of three certbots at once each get their own tokens through', async ({ cluster }) => {
  await cluster.startAll();
  const batches = ['x', 'y', 'z'].map((prefix) =>
    makeChallenges(3).map((challenge) => ({ ...challenge, identifier: `${prefix}${challenge.identifier}` })),
  );
  const all = batches.flat().map(({ token }) => token);
  const ended = await Promise.all(batches.map(async (batch) => await runBatch('auth', cluster, batch)));
  for (const one of ended.flat()) expect(one).toMatchObject({ code: 0, stderr: '' });
  for (const tokens of await cluster.tokens()) expect(tokens.toSorted()).toEqual(all.toSorted());
  await Promise.all(batches.map(async (batch) => await runBatch('cleanup', cluster, batch)));
  expect(await cluster.tokens()).toEqual([[], [], []]);
});
