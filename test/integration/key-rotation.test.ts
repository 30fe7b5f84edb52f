// @module-tag slow
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { startAgent, type AgentProcess } from '../support/cluster/agent-process.ts';
import { environmentOf, startCli } from '../support/cluster/built.ts';
import { expect, test, type TestCluster } from '../support/cluster/cluster.ts';

const newKey = () => randomBytes(32).toString('hex');

test.for(['reload', 'restart'] as const)(
  'the cluster key is changed as docs/cluster-life.md says while one drill follows another, by a %s: each is served everywhere',
  {
    timeout: 180_000,
  },
  async (how, { cluster }) => {
    const [old, next] = [newKey(), newKey()];
    const nodes = await Promise.all(
      cluster.nodes.map(async ({ name }) => await nodeWithKey(cluster, name, old)),
    );
    for (const node of cluster.nodes) await node.startSite();
    for (const node of nodes) await node.restart();
    onTestFinished(async () => void (await Promise.all(nodes.map(async ({ stop }) => await stop()))));
    const over = new AbortController();
    const drills: { readonly code: number | null; readonly stderr: string }[] = [];
    const drillOn = async () => {
      while (!over.signal.aborted) {
        const env = nodes[drills.length % nodes.length]?.env ?? {};
        drills.push(await startCli(env, ['drill', 'a.example.test']).ended);
      }
    };
    const drilling = drillOn();
    // One node after the other, and each of the three steps on all of them before the next one begins.
    for (const keys of [[old, next], [next, old], [next]]) {
      for (const node of nodes) {
        const seen = drills.length;
        await node.put(keys);
        await node[how]();
        await eventually(async () => drills.length > seen, {
          timeoutMs: 60_000,
          what: 'another drill to end',
        });
      }
    }
    over.abort();
    await drilling;
    expect(drills.filter(({ code }) => code !== 0)).toEqual([]);
    expect(drills.length).toBeGreaterThanOrEqual(9);
    expect(await cluster.tokens()).toEqual([[], [], []]);
  },
);

/** A node with a key file of its own. */
async function nodeWithKey(cluster: TestCluster, name: string, key: string) {
  const [keyFile, configFile] = [
    join(cluster.directory, `${name}.key`),
    join(cluster.directory, `${name}.json`),
  ];
  const put = async (keys: readonly string[]) =>
    await writeFile(keyFile, keys.map((one) => `${one}\n`).join(''), { mode: 0o640 });
  await put([key]);
  const config = JSON.parse(await readFile(cluster.configFile, 'utf8')) as {
    readonly agent: object;
    readonly gate: object;
  };
  const stateDir = join(cluster.directory, `state-${name}`);
  await writeFile(
    configFile,
    JSON.stringify({
      ...config,
      stateDir,
      gate: { ...config.gate, timeout: 30 },
      agent: { ...config.agent, keyFile },
    }),
  );
  const env = environmentOf(configFile, name);
  let agent: AgentProcess | null = null;
  const stop = async () => void (await agent?.close());
  const restart = async () => {
    await stop();
    agent = await startAgent(env);
  };
  const reload = async () => {
    const taken = () => agent?.log().filter(({ msg }) => msg === 'reloaded').length ?? 0;
    const seen = taken();
    agent?.program.child.kill('SIGHUP');
    await eventually(async () => taken() > seen, { timeoutMs: 30_000, what: 'a reload' });
  };
  return { env, put, stop, restart, reload };
}
