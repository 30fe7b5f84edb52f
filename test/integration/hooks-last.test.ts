// @module-tag slow
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { hookArgv, hookEnv, hookFile, runBatch } from '../support/cluster/certbot-hook.ts';
import { eventsIn } from '../support/cluster/event-files.ts';
import { makeChallenge, makeChallenges } from '../support/cluster/challenge.ts';
import { sourcesOf } from '../support/cluster/loaded-sources.ts';
import { start } from '../support/programs/program.ts';
import { expect, test, type TestCluster } from '../support/cluster/cluster.ts';
import { AUTH, certbotRuns, command, isClean, pendingIn } from '../support/cluster/certbot-runs.ts';

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
      const hook = start(hookArgv('auth'), { env: hookEnv(cluster, makeChallenge()) });
      onTestFinished(async () => await hook.kill());
      await eventually(async () => await isEverywhere(cluster), {
        timeoutMs: 5_000,
        what: 'the token is on every node',
      });
      hook.child.kill(signal);
      const { code, stderr } = await hook.ended;
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: 'certbot-ha: interrupted: cleaning up [interrupted]\n',
      });
      expect(await cluster.tokens()).toEqual([[], [], []]);
      expect(await pendingIn(cluster)).toEqual([]);
      // web3 has no site: that it does not serve yet is no failure of its own.
      const events = await eventsIn(cluster.stateDir, { only: ({ program }) => program === 'auth' });
      expect(events.filter(({ outcome }) => outcome !== 'ok')).toMatchObject([
        { event: 'batch', outcome: 'interrupted' },
      ]);
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

test('nothing is compiled a second time to run faster than a hook lives', async ({ cluster }) => {
  await cluster.startAll();
  const argv = [process.execPath, '--trace-wasm-compilation-times', hookFile('auth')];
  const { code, stdout } = await start(argv, { env: hookEnv(cluster, makeChallenge()) }).ended;
  expect(code).toBe(0);
  expect(stdout).toContain('Liftoff');
  expect(stdout).not.toContain('TurboFan');
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
    const loadedBy = async (remainingChallenges: number) => {
      const batch = makeChallenges(2);
      const env = {
        ...hookEnv(cluster, batch[0] ?? makeChallenge(), { remainingChallenges, batch }),
        NODE_OPTIONS: `--require ${preload}`,
      };
      await start(hookArgv('auth'), { env }).ended;
      const { files, native } = JSON.parse(await readFile(list, 'utf8')) as {
        files: string[];
        native: string[];
      };
      return { sources: await sourcesOf(files), native };
    };
    const NETWORK =
      /node_modules\/(undici|fastify|pino|p-limit)\/|^lib\/(agent|gate|peers|rollout|transports)\/|\/channel\/client/;
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
