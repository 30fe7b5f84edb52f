// @module-tag slow
import {
  appendFile,
  chown,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import type { AgentProcess } from '../support/cluster/agent-process.ts';
import { startCli } from '../support/cluster/built.ts';
import { makeChallenge, makeChallenges } from '../support/cluster/challenge.ts';
import { mute } from '../support/programs/mute-server.ts';
import { start } from '../support/programs/program.ts';
import { expect, test, type TestCluster, type TestNode } from '../support/cluster/cluster.ts';

const challengeDirectory = ({ webroot }: TestNode) => join(webroot, '.well-known/acme-challenge');

/** Agents on all nodes; the first one's. */
async function startAgents({ nodes }: TestCluster): Promise<AgentProcess> {
  const [first, second, third] = nodes;
  await Promise.all([second.startAgent(), third.startAgent()]);
  return await first.startAgent();
}

/** As an ACME client that is not certbot-ha's puts it there. */
async function put(node: TestNode, { token, keyAuthorization } = makeChallenge()): Promise<string> {
  await writeFile(join(challengeDirectory(node), token), keyAuthorization);
  return token;
}

const remove = async (node: TestNode, token: string) => await rm(join(challengeDirectory(node), token));

async function untilOn(nodes: readonly TestNode[], tokens: readonly string[]): Promise<void> {
  const wanted = tokens.toSorted();
  const areThere = async () => {
    const found = await Promise.all(nodes.map(async (node) => (await node.tokens()).toSorted()));
    return found.every((names) => names.join() === wanted.join());
  };
  await eventually(areThere, { timeoutMs: 8_000, what: `tokens on ${nodes.map(({ name }) => name).join()}` });
}

/** Puts tokens there until the first of them has arrived. Resolves to all that it has put there. */
async function untilSeen(node: TestNode, peers: readonly TestNode[]): Promise<readonly string[]> {
  const tokens: string[] = [];
  const has = async () => {
    tokens.push(await put(node));
    const found = await Promise.all(peers.map(async (peer) => await peer.tokens()));
    return found.every((names) => tokens.some((token) => names.includes(token)));
  };
  await eventually(has, { timeoutMs: 20_000, what: 'a token in the directory that is there now arrives' });
  return tokens;
}

const BELOW = '.well-known/acme-challenge';

/** As those do who deploy a site. */
const REPLACED = [
  [
    'the webroot is moved away, and made anew',
    async (webroot: string) => {
      await rename(webroot, `${webroot}.old`);
      await mkdir(join(webroot, BELOW), { recursive: true });
    },
  ],
  [
    'the webroot is removed, and made anew',
    async (webroot: string) => {
      await rm(webroot, { recursive: true });
      await mkdir(join(webroot, BELOW), { recursive: true });
    },
  ],
  [
    'a link is switched',
    async (webroot: string) => {
      await rename(webroot, `${webroot}.first`);
      await symlink(`${webroot}.first`, webroot);
      await mkdir(join(`${webroot}.second`, BELOW), { recursive: true });
      await symlink(`${webroot}.second`, `${webroot}.link`);
      await rename(`${webroot}.link`, webroot);
    },
  ],
  [
    'a directory is exchanged for one that is prepared',
    async (webroot: string) => {
      const wellKnown = join(webroot, '.well-known');
      await mkdir(join(`${wellKnown}.new`, 'acme-challenge'), { recursive: true });
      await rename(wellKnown, `${wellKnown}.old`);
      await rename(`${wellKnown}.new`, wellKnown);
    },
  ],
] as const;

/** The agent's words on what it has sent. */
const sent = (agent: AgentProcess) => agent.log().filter(isOfSent);

const isOfSent = ({ msg }: Record<string, unknown>) =>
  msg === 'presented on a peer' || msg === 'removed from a peer';

describe('a token of another ACME client', () => {
  test('is on every peer until it goes, and its response in no log', async ({ cluster }) => {
    const agent = await startAgents(cluster);
    const [web1, ...peers] = cluster.nodes;
    const challenge = makeChallenge();
    const token = await put(web1, challenge);
    await untilOn(peers, [token]);
    await remove(web1, token);
    await untilOn(peers, []);
    // One request for each peer and change, and no second one. They are in its log when the peers have answered.
    await eventually(async () => sent(agent).length >= 4, {
      timeoutMs: 8_000,
      what: 'four lines in the log',
    });
    for (const { name } of peers) {
      const toIt = sent(agent).filter(({ node }) => node === name);
      expect(toIt.map(({ msg, tokens }) => [msg, tokens])).toEqual([
        ['presented on a peer', [token]],
        ['removed from a peer', [token]],
      ]);
    }
    expect(JSON.stringify(agent.log())).not.toContain(challenge.keyAuthorization);
  });

  test('is sent when it is whole, however it is written', async ({ cluster }) => {
    const agent = await startAgents(cluster);
    const [web1, ...peers] = cluster.nodes;
    const { token, keyAuthorization } = makeChallenge();
    const file = join(challengeDirectory(web1), token);
    await writeFile(file, '');
    await writeFile(file, keyAuthorization.slice(0, 60));
    // Behind it in the same queue: what was read of the first one by now was no response.
    const other = await put(web1);
    await untilOn(peers, [other]);
    await appendFile(file, `${keyAuthorization.slice(60)}\n`);
    await untilOn(peers, [token, other]);
    expect(sent(agent).filter(({ node }) => node === 'web2')).toMatchObject([
      { tokens: [other] },
      { tokens: [token] },
    ]);
  });

  test('that lies there when the agent starts is sent as well', async ({ cluster, skip }) => {
    skip(process.getuid?.() !== 0, 'a file of another user is made by root alone');
    const [web1, ...peers] = cluster.nodes;
    const [own, local] = [makeChallenge(), makeChallenge()];
    await mkdir(challengeDirectory(web1), { recursive: true });
    await put(web1, own);
    await chown(join(challengeDirectory(web1), await put(web1, local)), 1, 1);
    await startAgents(cluster);
    await untilOn(peers, [local.token]);
  });

  test('reaches a peer that was away, unless it is gone by then', async ({ cluster }) => {
    const [web1, web2, web3] = cluster.nodes;
    const agent = await web1.startAgent();
    await web2.startAgent();
    const [kept, gone] = [await put(web1), await put(web1)];
    await untilOn([web2], [kept, gone]);
    await remove(web1, gone);
    await untilOn([web2], [kept]);
    await web3.startAgent();
    await untilOn([web3], [kept]);
    const toWeb3 = sent(agent).filter(({ node }) => node === 'web3');
    expect(toWeb3).not.toContainEqual(
      expect.objectContaining({ msg: 'presented on a peer', tokens: [kept, gone] }),
    );
    expect(agent.log().filter(({ code }) => code === 'tokens-not-passed-on')).toHaveLength(1);
  });
});

describe('what is not sent', () => {
  test('what came from a peer, nor what the own hooks push', async ({ cluster }) => {
    await Promise.all(cluster.nodes.map(async (node) => await node.startSite()));
    const agents = await Promise.all(cluster.nodes.map(async (node) => await node.startAgent()));
    const [web1, ...peers] = cluster.nodes;
    const drill = await startCli(cluster.envOf(web1), ['drill', 'a.example.test']).ended;
    expect(drill.code).toBe(0);
    // What each agent has seen before is looked at before this.
    const tokens = await Promise.all(cluster.nodes.map(async (node) => await put(node)));
    await untilOn([web1, ...peers], tokens);
    for (const [index, agent] of agents.entries()) {
      const presented = sent(agent).flatMap(({ tokens: names }) => names);
      expect(new Set(presented)).toEqual(new Set([tokens[index]]));
    }
  });

  test('what is no response: links, pipes, directories, and other content', async ({ cluster }) => {
    const agent = await startAgents(cluster);
    const [web1, ...peers] = cluster.nodes;
    const at = (token: string) => join(challengeDirectory(web1), token);
    const [linked, outside] = [makeChallenge(), join(cluster.directory, 'outside')];
    await writeFile(outside, linked.keyAuthorization);
    await symlink(outside, at(linked.token));
    const [pipe, directory, short, foreign] = makeChallenges(4);
    await start(['mkfifo', at(pipe?.token ?? '')]).ended;
    await mkdir(at(directory?.token ?? ''));
    await writeFile(at(short?.token ?? ''), 'short');
    await writeFile(at(foreign?.token ?? ''), makeChallenge().keyAuthorization);
    await writeFile(at('index.html'), linked.keyAuthorization);
    const last = await put(web1);
    await untilOn(peers, [last]);
    expect(new Set(sent(agent).flatMap(({ tokens }) => tokens))).toEqual(new Set([last]));
  });
});

describe('what harms nobody', () => {
  test('a peer that is silent: the other one has token after token before that peer is given up', async ({
    cluster,
  }) => {
    const [web1, web2, web3] = cluster.nodes;
    const silent = await mute(web3.address, cluster.agentPort);
    onTestFinished(silent.close);
    const agent = await web1.startAgent();
    await web2.startAgent();
    for (let count = 0; count < 5; count += 1) {
      const token = await put(web1);
      await eventually(async () => silent.connections() > 0, { timeoutMs: 8_000, what: 'web3 is asked' });
      await untilOn([web2], [token]);
      await remove(web1, token);
      await untilOn([web2], []);
    }
    await eventually(async () => sent(agent).length >= 10, {
      timeoutMs: 8_000,
      what: 'ten lines in the log',
    });
    expect(sent(agent).map(({ node }) => node)).toEqual(Array.from({ length: 10 }, () => 'web2'));
    // The first two tokens came and went before it. More of them need not, on a busy machine.
    const givenUp = agent.log().findIndex(({ code }) => code === 'tokens-not-passed-on');
    const before = givenUp === -1 ? agent.log() : agent.log().slice(0, givenUp);
    expect(before.filter(isOfSent).length).toBeGreaterThanOrEqual(4);
  });

  test('a file that is rewritten without end, and a thousand others', async ({ cluster }) => {
    const agent = await startAgents(cluster);
    const [web1, ...peers] = cluster.nodes;
    const [restless, ...many] = makeChallenges(1_500);
    const file = join(challengeDirectory(web1), restless?.token ?? '');
    const script = `const { writeFileSync: write } = require('fs'), [, file, token] = process.argv;
      for (let i = 0; ; i += 1) write(file, token + '.' + String(i).padStart(43, '0'));`;
    const writer = start([process.execPath, '-e', script, file, restless?.token ?? ''], { env: {} });
    onTestFinished(async () => await writer.kill());
    for (const challenge of many) await put(web1, challenge);
    for (const { token } of many) await remove(web1, token);
    const startedMs = performance.now();
    const before = sent(agent).length;
    const last = await put(web1);
    const hasLast = async () =>
      (await Promise.all(peers.map(async (peer) => await peer.tokens()))).every((names) =>
        names.includes(last),
      );
    await eventually(hasLast, { timeoutMs: 20_000, what: 'a token beside it arrives' });
    await eventually(async () => performance.now() - startedMs > 3_000, {
      timeoutMs: 5_000,
      what: 'some time',
    });
    const seconds = (performance.now() - startedMs) / 1000;
    // Of it alone, beside a thousand others that come and go: they leave nothing to do.
    const ofRestless = sent(agent)
      .slice(before)
      .filter(({ tokens }) => (tokens as string[]).includes(restless?.token ?? ''));
    expect(ofRestless.length).toBeLessThan(peers.length * 2 * (30 + 10 * seconds));
    await writer.kill();
    await remove(web1, restless?.token ?? '');
    await untilOn(peers, [last]);
  });

  test('ten thousand files: one watch, and no file held open', async ({ cluster }) => {
    const [web1, ...peers] = cluster.nodes;
    await mkdir(challengeDirectory(web1), { recursive: true });
    const others = makeChallenges(10_000);
    for (const { token } of others) writeFileSync(join(challengeDirectory(web1), token), 'old');
    const agent = await startAgents(cluster);
    const tokens = [await put(web1), await put(web1)];
    await untilOn(peers, tokens);
    // All of them are written anew, and named by events: 13 s, were each looked at before it.
    for (const { token } of others) writeFileSync(join(challengeDirectory(web1), token), 'anew');
    const startedMs = performance.now();
    tokens.push(await put(web1));
    await untilOn(peers, tokens);
    expect(performance.now() - startedMs).toBeLessThan(4_000);
    const { pid } = agent.program.child;
    const infos = await readdir(`/proc/${pid}/fdinfo`);
    const texts = await Promise.all(
      infos.map(async (name) => await readFile(`/proc/${pid}/fdinfo/${name}`, 'utf8').catch(() => '')),
    );
    // One for it, and for each that it is in.
    const above = challengeDirectory(web1).split('/').length - 1;
    expect(texts.join('').match(/^inotify /gm)).toHaveLength(1 + above);
    expect(infos.length).toBeLessThan(60);
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    expect(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1000).toBeLessThan(120);
  });

  test('a directory that is removed and comes again', async ({ cluster }) => {
    const agent = await startAgents(cluster);
    const [web1, ...peers] = cluster.nodes;
    const token = await put(web1);
    await untilOn(peers, [token]);
    await rm(challengeDirectory(web1), { recursive: true });
    await untilOn(peers, []);
    await agent.program.says(/webroot-not-watched/);
    await mkdir(challengeDirectory(web1));
    await untilOn(peers, [await put(web1)]);
    expect(agent.log().filter(({ msg }) => msg === 'the directory is watched again')).toHaveLength(1);
  });

  test('a directory that is made anew, with a token in it at once', async ({ cluster }) => {
    await startAgents(cluster);
    const [web1, ...peers] = cluster.nodes;
    await mkdir(challengeDirectory(web1), { recursive: true });
    await untilOn(peers, await untilSeen(web1, peers));
    await rm(challengeDirectory(web1), { recursive: true });
    await mkdir(challengeDirectory(web1));
    await untilOn(peers, [await put(web1)]);
  });

  test.for(REPLACED)('what it is in is replaced: %s', async ([, replace], { cluster }) => {
    await startAgents(cluster);
    const [web1, ...peers] = cluster.nodes;
    await mkdir(challengeDirectory(web1), { recursive: true });
    await untilOn(peers, await untilSeen(web1, peers));
    await replace(web1.webroot);
    // What the directory of before had goes, unless it has come along.
    await untilSeen(web1, peers);
  });
});
