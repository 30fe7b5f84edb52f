import { lineOf } from '../lib/findings/words.ts';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createChannelClient } from '../lib/channel/client.ts';
import { readKeyFile } from '../lib/channel/key-file.ts';
import { STATUS } from '../lib/channel/protocol.ts';
import type { ClusterNode } from '../lib/cluster/config.ts';
import { freePort, loopbackAddresses } from '../test/support/cluster/addresses.ts';
import type { Figure } from './figure.ts';

const REQUESTS = 10_000;
const SIDE_BY_SIDE = 8;
/** V8 tidies up some 8 s after a program has become quiet. */
const REST_MS = 20_000;

/** The Node.js whose figures are wished for, beside the one that the bench runs on. */
const NODE_VERSION = '24.21.0';

/** What an agent needs. */
interface Need {
  /** resident memory in MB: at rest, and at rest again after the requests */
  readonly atRest: number;
  readonly after: number;
  readonly perSecond: number;
}

/** An agent on one core of this machine, asked from another: on this Node.js, and on 24. */
export async function measureAgent(): Promise<readonly Figure[]> {
  const figures = figuresOf(process.version, await needOfAgent(process.execPath));
  if (process.version.startsWith('v24.')) return figures;
  return [...figures, ...figuresOf(`v${NODE_VERSION}`, await needOfAgent(await node24()))];
}

/** The program of a Node.js 24. Rejects where it cannot be had. */
export async function node24(): Promise<string> {
  const run = promisify(execFile);
  const { stdout } = await run('scripts/node-binary.sh', [NODE_VERSION], { timeout: 600_000 });
  return join(stdout.trim(), 'node');
}

/**
 * What an agent needs that is started as its unit does.
 * @param node the program of Node.js
 * @param restMs milliseconds before its memory is looked at: on a busy machine, V8 tidies up later
 */
export async function needOfAgent(node: string, restMs = REST_MS): Promise<Need> {
  const directory = await mkdtemp(join(tmpdir(), 'certbot-ha-bench-'));
  const [address = '', ...peers] = loopbackAddresses(3);
  const port = await freePort([address, ...peers]);
  const keyFile = join(directory, 'key');
  await writeFile(keyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  const config = {
    // With peers, that nobody answers for: a cluster has some.
    nodes: { bench: address, web2: peers[0], web3: peers[1] },
    self: 'bench',
    webroot: directory,
    stateDir: directory,
    agent: { keyFile, port },
  };
  await writeFile(join(directory, 'config.yaml'), JSON.stringify(config));
  const agent = spawn('taskset', ['-c', '0', node, resolve('dist/cli.js'), 'agent'], {
    env: {
      ...process.env,
      ...(await environmentOfUnit()),
      CERTBOT_HA_CONFIG: join(directory, 'config.yaml'),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(agent, 'close');
  try {
    await untilListening(agent);
    const asked = { name: 'bench', address, agentPort: port } as ClusterNode;
    return await load(agent, { node: asked, keyFile, restMs });
  } finally {
    agent.kill('SIGTERM');
    await closed;
    await rm(directory, { recursive: true, force: true });
  }
}

/** As systemd starts it. */
async function environmentOfUnit(): Promise<NodeJS.ProcessEnv> {
  const unit = await readFile('systemd/certbot-ha-agent.service', 'utf8');
  const assigned = [...unit.matchAll(/^Environment="?([A-Z_]+)=([^"\n]*)/gm)];
  return Object.fromEntries(assigned.map(([, name, value]) => [name, value]));
}

async function untilListening(agent: ChildProcess): Promise<void> {
  for await (const chunk of agent.stdout ?? []) {
    if (String(chunk).includes('"msg":"listening"')) break;
  }
  agent.stdout?.resume();
}

async function load(
  agent: ChildProcess,
  {
    node,
    keyFile,
    restMs,
  }: { readonly node: ClusterNode; readonly keyFile: string; readonly restMs: number },
): Promise<Need> {
  const clients = Array.from({ length: SIDE_BY_SIDE }, () =>
    createChannelClient('bench', readKeyFile(keyFile)),
  );
  await setTimeout(restMs);
  const atRest = await residentMb(agent);
  const started = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      for (let sent = 0; sent < REQUESTS / SIDE_BY_SIDE; sent += 1) {
        const answer = await client.request(node, 'GET', STATUS, { signal: AbortSignal.timeout(10_000) });
        if (!answer.isOk) throw new Error(lineOf(answer.reason));
      }
      await client.close();
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  await setTimeout(restMs);
  return { atRest, after: await residentMb(agent), perSecond: REQUESTS / seconds };
}

function figuresOf(version: string, { atRest, after, perSecond }: Need): readonly Figure[] {
  const agent = `agent on Node.js ${version.slice(1).split('.')[0]}`;
  const memory = `${agent}, resident memory at rest`;
  return [
    { what: memory, value: atRest, unit: 'MB', atMost: 60 },
    { what: `${memory} after ${REQUESTS} requests`, value: after, unit: 'MB', atMost: 65 },
    { what: `${agent}, growth over ${REQUESTS} requests`, value: after - atRest, unit: 'MB', atMost: 5 },
    { what: `${agent}, requests a second on one core`, value: perSecond, unit: '/s' },
  ];
}

async function residentMb(agent: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${agent.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1000;
}
