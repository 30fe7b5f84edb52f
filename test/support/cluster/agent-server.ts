import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { createAgentServer } from '../../../lib/agent/server.ts';
import type { Bundle } from '../../../lib/lineage/bundle.ts';
import { createWebroot } from '../../../lib/challenge/webroot.ts';
import { createResults, isInstalling } from '../../../lib/state/outbox.ts';
import { createRecords } from '../../../lib/state/records.ts';
import { makeBundle, NAME } from '../lineage/bundle.ts';
import { expect, test as base } from '../lineage/certificates.ts';
import { newKey, type Channel, type RawAnswer } from './raw-channel.ts';
import { noDamage } from '../no-damage.ts';

export { expect };

/** An agent's server within this process. */
export interface Served extends Channel {
  readonly inbox: string;
  readonly requests: string;
  readonly stateDir: string;
  readonly log: readonly string[];
  /** how many requests have come so far */
  asked(): number;
  close(): Promise<void>;
}

type ServerOptions = Parameters<typeof createAgentServer>[0];

export interface AgentOptions extends Partial<Omit<ServerOptions, 'keys' | 'logger'>> {
  readonly key?: Buffer;
  readonly address?: string;
  readonly port?: number;
  /** Of the log; default trace. */
  readonly level?: string;
  readonly webroot?: ServerOptions['webroot'];
}

/** Starts one, on a free port and with its directories below that one where nothing else is said. */
export async function serveAgent(directory: string, options: AgentOptions = {}): Promise<Served> {
  const { key = newKey(), address = '127.0.0.1', port: wanted = 0, level = 'trace', ...rest } = options;
  const [inbox, requests] = [join(directory, 'inbox'), join(directory, 'requests')];
  const log: string[] = [];
  const app = createAgentServer({
    ...{ node: 'web2', heldVips: () => [], configuration: '0123456789abcdef' },
    ...{ inbox, requests, nodes: ['web1', 'web2', 'web3'] },
    webroot: createWebroot(join(directory, 'webroot')),
    records: createRecords(directory, noDamage),
    results: createResults(directory, noDamage),
    isInstalling: async () => await isInstalling(directory),
    ...rest,
    keys: { first: key, all: [key] },
    logger: pino({ level }, { write: (line) => void log.push(line) }),
  });
  let asked = 0;
  app.server.on('request', () => void (asked += 1));
  await app.listen({ host: address, port: wanted });
  const { port } = app.server.address() as AddressInfo;
  return {
    address,
    port,
    key,
    inbox,
    requests,
    stateDir: directory,
    log,
    asked: () => asked,
    close: async () => await app.close(),
  };
}

export const test = base.extend<{ readonly agent: Served; readonly bundle: Bundle }>({
  agent: async ({ directory }, use) => {
    await mkdir(join(directory, 'webroot'));
    await mkdir(join(directory, 'inbox/bundles'), { recursive: true });
    const agent = await serveAgent(directory);
    await use(agent);
    await agent.close();
  },
  bundle: async ({ ca }, use) =>
    await use(makeBundle(await ca.issue([NAME]), { configDir: '/etc/letsencrypt' })),
});

export const at = (bundle: Bundle) => `/v1/deliveries/${bundle.manifest.leaf.sha256}`;
export const parsed = ({ status, body }: RawAnswer) => [status, JSON.parse(body) as unknown];
/** Status and detail of a problem document. */
export const refusalOf = ({ status, type, body }: RawAnswer) => {
  const { title, detail, ...problem } = JSON.parse(body) as Record<string, unknown>;
  expect(type).toMatch(/^application\/problem\+json(?:;|$)/);
  expect(problem).toEqual({ type: 'about:blank', status });
  expect([typeof title, typeof detail]).toEqual(['string', 'string']);
  return [status, detail];
};
