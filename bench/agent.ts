import { lineOf } from '../lib/findings/words.ts';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createChannelClient } from '../lib/channel/client.ts';
import { readKeyFile } from '../lib/channel/key-file.ts';
import { STATUS } from '../lib/channel/protocol.ts';
import type { ClusterNode } from '../lib/cluster/config.ts';
import type { Figure } from './figure.ts';

const REQUESTS = 10_000;
const SIDE_BY_SIDE = 8;

/** An agent on one core of this machine, asked from another. */
export async function measureAgent(): Promise<readonly Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), 'certbot-ha-bench-'));
  const keyFile = join(directory, 'key');
  await writeFile(keyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  const config = {
    nodes: { bench: '127.0.0.81' },
    self: 'bench',
    webroot: directory,
    stateDir: directory,
    agent: { keyFile },
  };
  await writeFile(join(directory, 'config.yaml'), JSON.stringify(config));
  const agent = spawn('taskset', ['-c', '0', process.execPath, resolve('dist/cli.js'), 'agent'], {
    // As the unit starts it.
    env: { ...process.env, MALLOC_ARENA_MAX: '1', CERTBOT_HA_CONFIG: join(directory, 'config.yaml') },
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
  const after = await residentMb(agent);
  return [
    { what: 'agent, resident memory at rest', value: atRest, unit: 'MB', atMost: 75 },
    { what: `agent, resident memory after ${REQUESTS} requests`, value: after, unit: 'MB', atMost: 90 },
    { what: `agent, growth over ${REQUESTS} requests`, value: after - atRest, unit: 'MB', atMost: 10 },
    { what: 'agent, requests a second on one core', value: REQUESTS / seconds, unit: '/s' },
  ];
}

async function residentMb(agent: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${agent.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1000;
}
