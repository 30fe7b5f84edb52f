// @module-tag slow
import { mkdir, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { request } from 'undici';
import { describe } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { makeChallenge } from '../support/cluster/challenge.ts';
import { madeUpFor } from '../../lib/challenge/challenge.ts';
import { createEvents } from '../../lib/state/events.ts';
import { eventsIn } from '../support/cluster/event-files.ts';
import { ask, askJson, channelTo } from '../support/cluster/raw-channel.ts';
import { mute } from '../support/programs/mute-server.ts';
import { expect, test, type TestCluster } from '../support/cluster/cluster.ts';

const CHALLENGES = '/.well-known/acme-challenge';

/** What the admin listener of a node answers a web server that hands on what the CA has asked for. */
async function lookUp({ nodes, adminPort }: TestCluster, index: 0 | 1 | 2, token: string, method = 'GET') {
  const url = `http://${nodes[index].address}:${adminPort}${CHALLENGES}/${token}`;
  const startedMs = performance.now();
  const answer = await request(url, { method: method as 'GET', headers: { host: 'www.example.test' } });
  const text = await answer.body.text();
  const type = answer.headers['content-type'];
  return { status: answer.statusCode, type, text, ms: performance.now() - startedMs };
}

/** Puts a response into one node's webroot. What is there before the agent starts, by its own user, it presents nowhere. */
async function put({ nodes }: TestCluster, index: 0 | 1 | 2) {
  const { token, keyAuthorization } = makeChallenge();
  const file = join(nodes[index].webroot, CHALLENGES, token);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, keyAuthorization);
  return { token, keyAuthorization, file };
}

describe('a node that lacks a challenge', () => {
  test('answers with what a peer has, to whatever name, and HEAD as GET', async ({ cluster }) => {
    await mkdir(cluster.stateDir);
    await createEvents(cluster.stateDir, { node: 'web1', program: 'sync' }).tend(); // the agent makes no file for them
    const { token, keyAuthorization, file } = await put(cluster, 2);
    const agents = await Promise.all(cluster.nodes.map(async (node) => await node.startAgent()));
    const good = { status: 200, type: 'text/plain; charset=utf-8' };
    for (const index of [0, 1, 2] as const)
      expect(await lookUp(cluster, index, token)).toMatchObject({ ...good, text: keyAuthorization });
    expect(await lookUp(cluster, 0, token, 'HEAD')).toMatchObject({ ...good, text: '' });
    const log = JSON.stringify(agents[0]?.log());
    expect(log).toContain('answered with the response of a peer');
    expect(log).not.toContain(keyAuthorization);
    const looked = async () => await eventsIn(cluster.stateDir, { only: ({ event }) => event === 'lookup' });
    const found = { node: 'web1', program: 'agent', event: 'lookup', peer: 'web3', outcome: 'ok' };
    await expect.poll(looked, { timeout: 5_000 }).toContainEqual(found);
    await unlink(file);
    // What was found is known for a while, where it was, unless its removal comes there.
    const channel = await channelTo(cluster); // to the second node
    await askJson(channel, 'POST', '/v1/challenges/removals', { tokens: [token] });
    const after = await Promise.all(
      ([0, 1, 2] as const).map(async (index) => await lookUp(cluster, index, token)),
    );
    expect(after.map(({ status }) => status)).toEqual([200, 404, 404]);
  });

  test('has what its webroot gets, though a peer did not have it just before', async ({ cluster }) => {
    await Promise.all(cluster.nodes.map(async (node) => await node.startAgent()));
    const { token, keyAuthorization } = makeChallenge();
    expect(await lookUp(cluster, 0, token)).toMatchObject({ status: 404 });
    await writeFile(join(cluster.nodes[0].webroot, CHALLENGES, token), keyAuthorization);
    expect(await lookUp(cluster, 0, token)).toMatchObject({ status: 200, text: keyAuthorization });
  });

  test('answers 404 soon where no peer runs an agent', async ({ cluster }) => {
    const agent = await cluster.nodes[0].startAgent();
    const { status, ms } = await lookUp(cluster, 0, makeChallenge().token);
    expect([status, ms < 2_500]).toEqual([404, true]);
    expect(agent.log()).toContainEqual(expect.objectContaining({ level: 'warn', code: 'lookup-cut-off' }));
  });

  test('gives up after two seconds where peers take the question and never answer', async ({ cluster }) => {
    const { nodes, agentPort, keep } = cluster;
    const mutes = await Promise.all(
      [nodes[1], nodes[2]].map(async ({ address }) => await mute(address, agentPort)),
    );
    for (const { close } of mutes) keep({ close: async () => close() });
    const agent = await nodes[0].startAgent();
    const before = mutes.map(({ connections }) => connections());
    const { status, ms } = await lookUp(cluster, 0, makeChallenge().token);
    expect({ status, inTime: ms > 1_500 && ms < 15_000, ms }).toMatchObject({ status: 404, inTime: true });
    expect(mutes.every(({ connections }, index) => connections() > (before[index] ?? 0))).toBe(true);
    expect(agent.log()).toContainEqual(expect.objectContaining({ level: 'warn', code: 'lookup-cut-off' }));
  });

  test('asks nobody where the look-up is off', async ({ cluster }) => {
    const { agentPort: port, keyFile } = cluster;
    await cluster.configure({ agent: { port, keyFile, lookup: 'off' } });
    const { token } = await put(cluster, 2);
    await Promise.all(cluster.nodes.map(async (node) => await node.startAgent()));
    expect(await lookUp(cluster, 0, token)).toMatchObject({ status: 404 });
    expect(await lookUp(cluster, 2, token)).toMatchObject({ status: 404 });
  });
});

describe('a node that is to answer by the thumbprint', () => {
  test('does so, after a restart too, while no peer answers, and not by that of a drill', async ({
    cluster,
  }) => {
    const { agentPort: port, keyFile } = cluster;
    await cluster.configure({ agent: { port, keyFile, lookup: 'thumbprint' } });
    await mkdir(join(cluster.stateDir, 'inbox'), { recursive: true });
    const agent = await cluster.nodes[1].startAgent();
    const asked = makeChallenge();
    expect(await lookUp(cluster, 1, asked.token)).toMatchObject({ status: 404 });
    const { token, keyAuthorization } = makeChallenge();
    const drill = madeUpFor(asked.token);
    const challenges = [
      { token, keyAuthorization },
      { token: asked.token, keyAuthorization: drill },
    ];
    const channel = await channelTo(cluster);
    expect(await askJson(channel, 'PUT', '/v1/challenges', { challenges })).toMatchObject({ status: 200 });
    const other = makeChallenge().token;
    const answer = { status: 200, text: keyAuthorization.replace(token, other) };
    expect(await lookUp(cluster, 1, other)).toMatchObject(answer);
    await agent.close();
    const again = await cluster.nodes[1].startAgent();
    expect(await lookUp(cluster, 1, other)).toMatchObject(answer);
    expect(again.log()).toContainEqual(expect.objectContaining({ code: 'answered-by-thumbprint' }));
    await cluster.nodes[0].startAgent();
    expect(await lookUp(cluster, 1, makeChallenge().token)).toMatchObject({ status: 404 });
  });
});

test('a node that is to answer by the thumbprint learns it from what is presented on itself too', async ({
  cluster,
}) => {
  const { agentPort: port, keyFile } = cluster;
  await cluster.configure({ agent: { port, keyFile, lookup: 'thumbprint' } });
  await cluster.nodes[1].startAgent();
  const { token, keyAuthorization } = await put(cluster, 1);
  const other = makeChallenge().token;
  const text = keyAuthorization.replace(token, other);
  const isLearnt = async () => (await lookUp(cluster, 1, other)).text === text;
  await eventually(isLearnt, { timeoutMs: 10_000, what: 'the thumbprint of what lies there' });
});

describe('a node that a peer asks', () => {
  test('tells what its own webroot has, and asks nobody', async ({ cluster }) => {
    const [mine, other] = [await put(cluster, 1), await put(cluster, 2)];
    await Promise.all(cluster.nodes.map(async (node) => await node.startAgent()));
    const channel = await channelTo(cluster); // to the second node
    const get = async (token: string) => await ask(channel, { path: `/v1/challenges/${token}` });
    const { token, keyAuthorization } = mine;
    const { status, body } = await get(token);
    expect([status, JSON.parse(body)]).toEqual([200, { token, keyAuthorization }]);
    expect(await get(other.token)).toMatchObject({
      status: 404,
      type: expect.stringContaining('problem+json'),
    });
    expect(await get('x'.repeat(128))).toMatchObject({ status: 404 });
    expect(await get('short')).toMatchObject({ status: 400 });
  });
});
