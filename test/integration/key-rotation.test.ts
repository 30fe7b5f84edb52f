// @module-tag slow
import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { readKeyFile } from '../../lib/channel/key-file.ts';
import { loadConfig } from '../../lib/cluster/config.ts';
import { createHttpTransport } from '../../lib/transports/http/challenges.ts';
import { eventually } from '../lab/eventually.ts';
import { startAgent, type AgentProcess, type LogLine } from '../support/cluster/agent-process.ts';
import { environmentOf, startCli } from '../support/cluster/built.ts';
import { makeChallenge } from '../support/cluster/challenge.ts';
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
    onTestFinished(() => over.abort());
    const drills: { readonly code: number | null; readonly stderr: string }[] = [];
    const drillOn = async () => {
      while (!over.signal.aborted) {
        const env = nodes[drills.length % nodes.length]?.env ?? {};
        drills.push(await startCli(env, ['drill', 'a.example.test']).ended);
      }
    };
    const drilling = drillOn();
    // A restarted agent takes no push for a moment. A drill tries again then; what is pushed once would fail rightly, so only a reload is tried so.
    const pushing = pushOn(how === 'reload' ? nodes : [], over.signal);
    // One node after the other, and each of the three steps on all of them before the next one begins.
    for (const keys of [[old, next], [next, old], [next]]) {
      for (const node of nodes) {
        const seen = { drills: drills.length, rounds: pushing.rounds() };
        await node.put(keys);
        await node[how]();
        const isTried = () =>
          drills.length > seen.drills && (how === 'restart' || pushing.rounds() > seen.rounds + 1);
        await eventually(async () => isTried(), {
          timeoutMs: 60_000,
          what: 'another drill, and another push from each node, to end',
        });
      }
    }
    over.abort();
    await drilling;
    expect(await pushing.failed).toEqual([]);
    expect(drills.filter(({ code }) => code !== 0)).toEqual([]);
    expect(drills.length).toBeGreaterThanOrEqual(9);
    // Nor was a try refused for its key that a later one has made good.
    const refused = nodes.flatMap(({ log }) => log()).filter(({ code }) => code === 'connection-without-key');
    expect(refused).toEqual([]);
    expect(await cluster.tokens()).toEqual([[], [], []]);
  },
);

/** Pushes a challenge from each node to each other one, and takes it back, again and again: a try each, over a connection of its own. */
function pushOn(nodes: readonly { readonly name: string; readonly configFile: string }[], over: AbortSignal) {
  let rounds = 0;
  const failed: object[] = [];
  const pushFrom = async (name: string, configFile: string) => {
    const { agent, nodes: members } = loadConfig(configFile);
    const transport = createHttpTransport(name, readKeyFile(agent.keyFile));
    const [challenge, signal] = [makeChallenge(), AbortSignal.timeout(20_000)];
    try {
      for (const peer of members.filter((one) => one.name !== name))
        for (const outcome of [
          await transport.present(peer, [challenge], signal),
          await transport.cleanUp(peer, [challenge.token], signal),
        ])
          if (!outcome.isOk) failed.push({ from: name, to: peer.name, ...outcome.reason });
    } finally {
      await transport.close();
    }
  };
  const run = async () => {
    for (; !over.aborted && nodes.length > 0; rounds += 1)
      for (const { name, configFile } of nodes) await pushFrom(name, configFile);
    return failed;
  };
  return { rounds: () => rounds, failed: run() };
}

/** A node with a key file of its own. */
async function nodeWithKey(cluster: TestCluster, name: string, key: string) {
  const [keyFile, configFile] = [
    join(cluster.directory, `${name}.key`),
    join(cluster.directory, `${name}.json`),
  ];
  const put = async (keys: readonly string[]) => {
    await writeFile(`${keyFile}.new`, keys.map((one) => `${one}\n`).join(''), { mode: 0o640 });
    await rename(`${keyFile}.new`, keyFile);
  };
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
  const before: LogLine[] = [];
  const stop = async () => {
    await agent?.close();
    before.push(...(agent?.log() ?? []));
    agent = null;
  };
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
  const log = () => [...before, ...(agent?.log() ?? [])];
  return { name, configFile, env, put, stop, restart, reload, log };
}
