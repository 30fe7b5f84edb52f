import { lineOf } from '../lib/findings/words.ts';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createChannelClient } from '../lib/channel/client.ts';
import { readKeyFile } from '../lib/channel/key-file.ts';
import { STATUS } from '../lib/channel/protocol.ts';
import type { ClusterNode } from '../lib/cluster/config.ts';
import type { Figure } from './figure.ts';

const REQUESTS = 10_000;
const SIDE_BY_SIDE = 8;
/** V8 tidies up some 8 s after a program has become quiet. */
const REST_MS = 20_000;

/** An agent on one core of this machine, asked from another. */
export async function measureAgent(): Promise<readonly Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), 'certbot-ha-bench-'));
  const keyFile = join(directory, 'key');
  await writeFile(keyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  const config = {
    // With peers, that nobody answers for: a cluster has some.
    nodes: { bench: '127.0.0.81', web2: '127.0.0.82', web3: '127.0.0.83' },
    self: 'bench',
    webroot: directory,
    stateDir: directory,
    agent: { keyFile },
  };
  await writeFile(join(directory, 'config.yaml'), JSON.stringify(config));
  const agent = spawn('taskset', ['-c', '0', process.execPath, resolve('dist/cli.js'), 'agent'], {
    env: {
      ...process.env,
      ...(await environmentOfUnit()),
      CERTBOT_HA_CONFIG: join(directory, 'config.yaml'),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await untilListening(agent);
    return await load(agent, keyFile);
  } finally {
    agent.kill('SIGTERM');
    await once(agent, 'close');
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

async function load(agent: ChildProcess, keyFile: string): Promise<readonly Figure[]> {
  const node = { name: 'bench', address: '127.0.0.81', agentPort: 9480 } as ClusterNode;
  const clients = Array.from({ length: SIDE_BY_SIDE }, () =>
    createChannelClient('bench', readKeyFile(keyFile)),
  );
  await setTimeout(REST_MS);
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
  await setTimeout(REST_MS);
  const after = await residentMb(agent);
  return [
    { what: 'agent, resident memory at rest', value: atRest, unit: 'MB', atMost: 60 },
    {
      what: `agent, resident memory at rest after ${REQUESTS} requests`,
      value: after,
      unit: 'MB',
      atMost: 65,
    },
    { what: `agent, growth over ${REQUESTS} requests`, value: after - atRest, unit: 'MB', atMost: 5 },
    { what: 'agent, requests a second on one core', value: REQUESTS / seconds, unit: '/s' },
  ];
}

async function residentMb(agent: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${agent.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1000;
}
