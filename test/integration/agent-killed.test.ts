// @module-tag slow
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createChannelClient, type ChannelClient } from '../../lib/channel/client.ts';
import { readKeyFile } from '../../lib/channel/key-file.ts';
import { CHALLENGES } from '../../lib/channel/protocol.ts';
import { challengePath, type Challenge } from '../../lib/challenge/challenge.ts';
import type { ClusterNode } from '../../lib/cluster/config.ts';
import { eventually } from '../lab/eventually.ts';
import { nginxArgv, nginxMain, nginxSites } from '../lab/loopback/nginx.ts';
import { hookArgv, hookEnv, runHook } from '../support/cluster/certbot-hook.ts';
import { makeChallenge, makeChallenges } from '../support/cluster/challenge.ts';
import { expect, test, type TestCluster, type TestNode } from '../support/cluster/cluster.ts';
import { run, start } from '../support/programs/program.ts';

const KILLS = process.env['CERTBOT_HA_TEST_LONG'] === undefined ? 12 : 200;
const TTL_SECONDS = 3;
/** In one push: as many as take about as long as a kill may be late. */
const TOKENS = 100;

test(
  `an agent and a hook that are killed in the midst of a push, ${KILLS} times: nginx serves no part of a token, and nothing is left`,
  {
    timeout: 60_000 + KILLS * 5_000,
  },
  async ({ cluster }) => {
    await cluster.configure({
      gate: { timeout: 1, httpPort: cluster.httpPort, onFailure: 'continue' },
      agent: { port: cluster.agentPort, keyFile: cluster.keyFile, tokenTtl: TTL_SECONDS },
    });
    const [web1, web2] = cluster.nodes;
    for (const node of [web1, web2]) await serveByNginx(cluster, node);
    const client = createChannelClient('web1', readKeyFile(cluster.keyFile));
    onTestFinished(client.close);
    const reader = startReader([web1, web2], cluster.httpPort);
    let halves = 0;
    for (let round = 0; round < KILLS; round += 1) {
      const isHook = round % 4 === 3;
      halves += (isHook ? await killHook(cluster, reader) : await killAgent(cluster, client, reader)) ? 1 : 0;
    }
    const { served, wrong } = await reader.stop();
    console.log(
      `killed: ${KILLS} times, ${halves} of them with a part of the push written; ${served} tokens read meanwhile`,
    );
    expect(wrong).toEqual([]);
    expect(served).toBeGreaterThan(KILLS);
    // Not all before the push, or after it.
    expect(halves).toBeGreaterThan(KILLS / 10);

    await Promise.all(cluster.nodes.map(async (node) => await node.startAgent()));
    expect((await runHook('cleanup', cluster, makeChallenge())).stderr).toBe('');
    await eventually(cluster.tokens, {
      until: (all) => all.flat().length === 0,
      ...{ timeoutMs: 30_000, what: 'webroots without tokens, and without parts of them' },
    });
    const pending = await readdir(join(cluster.stateDir, 'pending'));
    expect(pending.filter((name) => !/^[\w-]{43}\.json$/.test(name))).toEqual([]);
  },
);

/** @returns whether some of the push was there, and some was not */
async function killAgent(cluster: TestCluster, client: ChannelClient, reader: Reader): Promise<boolean> {
  const [, web2] = cluster.nodes;
  const agent = await web2.startAgent();
  const challenges = makeChallenges(TOKENS);
  reader.look(challenges);
  const node = { ...web2, agentPort: cluster.agentPort } as unknown as ClusterNode;
  const body = { challenges: challenges.map(({ token, keyAuthorization }) => ({ token, keyAuthorization })) };
  const pushed = client.request(node, 'PUT', CHALLENGES, { signal: AbortSignal.timeout(10_000), body });
  const first = join(web2.webroot, challengePath(challenges[0]?.token ?? ''));
  await eventually(async () => await readFile(first).catch(() => false), {
    everyMs: 1,
    timeoutMs: 10_000,
    what: 'the push to begin',
  });
  await agent.program.kill();
  await pushed;
  const there = new Set(await web2.tokens());
  return !challenges.every(({ token }) => there.has(token));
}

/** The same of a hook, which writes here and pushes to the other nodes. */
async function killHook(cluster: TestCluster, reader: Reader): Promise<void> {
  const [web1, web2] = cluster.nodes;
  const agent = await web2.startAgent();
  const challenge = makeChallenge();
  reader.look([challenge]);
  const hook = start(hookArgv('auth'), { env: hookEnv(cluster, challenge) });
  await eventually(async () => (await web1.tokens()).some((name) => name.startsWith(challenge.token)), {
    ...{ everyMs: 1, timeoutMs: 20_000, what: 'the hook to write' },
  });
  await hook.kill();
  await agent.close();
}

interface Reader {
  /** for these from now on */
  look(challenges: readonly Challenge[]): void;
  stop(): Promise<{ readonly served: number; readonly wrong: readonly string[] }>;
}

/** Asks for tokens all the time: each is there as a whole, or not at all. */
function startReader(nodes: readonly TestNode[], port: number): Reader {
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  const wrong: string[] = [];
  let served = 0;
  const over = new AbortController();
  let challenges: readonly Challenge[] = [];
  const readAll = async () => {
    while (!over.signal.aborted) {
      for (const node of nodes) {
        const one = challenges[Math.floor(Math.random() * challenges.length)] ?? makeChallenge();
        const { status, body } = await get(agent, node.address, port, challengePath(one.token));
        if (status === 200 && body === one.keyAuthorization) served += 1;
        else if (status !== 404) wrong.push(`${node.name}: ${status} ${body.length} characters`);
      }
    }
  };
  const done = Promise.all([readAll(), readAll()]);
  return {
    look: (next) => void (challenges = next),
    stop: async () => {
      over.abort();
      await done;
      agent.destroy();
      return { served, wrong };
    },
  };
}

async function get(
  agent: Agent,
  host: string,
  port: number,
  path: string,
): Promise<{ readonly status: number; readonly body: string }> {
  return await new Promise((resolve, reject) => {
    request({ agent, host, port, path }, (response) => {
      let body = '';
      response
        .setEncoding('utf8')
        .on('data', (chunk: string) => (body += chunk))
        .on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });
}

async function serveByNginx(
  { directory, httpPort }: TestCluster,
  { name, address, webroot }: TestNode,
): Promise<void> {
  const home = join(directory, `nginx-${name}`);
  const confDir = join(home, 'conf.d');
  await mkdir(confDir, { recursive: true });
  await mkdir(join(webroot, '.well-known/acme-challenge'), { recursive: true });
  const { 'http.conf': site } = nginxSites(address, { http: httpPort, https: 0 }, webroot);
  await writeFile(join(confDir, 'http.conf'), site);
  await writeFile(
    join(home, 'nginx.conf'),
    nginxMain({ directory: home, confDir, isRoot: process.getuid?.() === 0 }),
  );
  const tested = await run(nginxArgv(home, '-t'));
  if (tested.code !== 0) throw new Error(tested.stderr);
  const nginx = start(nginxArgv(home, '-g', 'daemon off;'));
  onTestFinished(async () => {
    nginx.child.kill('SIGTERM');
    await nginx.ended;
  });
  await eventually(async () => await get(new Agent(), address, httpPort, '/').catch(() => false), {
    ...{ timeoutMs: 10_000, what: 'nginx' },
  });
}
