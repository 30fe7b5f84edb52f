import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { createAgentServer } from '../../lib/agent/server.ts';
import type { Bundle } from '../../lib/lineage/bundle.ts';
import { createWebroot } from '../../lib/challenge/webroot.ts';
import { createRecords } from '../../lib/state/records.ts';
import { makeBundle, NAME } from './bundle-maker.ts';
import { expect, test as base } from './certificates.ts';
import { newKey, type Channel, type RawAnswer } from './raw-channel.ts';

export { expect };

/** An agent's server on a free port. */
export interface Served extends Channel {
  readonly inbox: string;
  readonly requests: string;
  readonly stateDir: string;
  readonly log: readonly string[];
}

export const test = base.extend<{ readonly agent: Served; readonly bundle: Bundle }>({
  agent: async ({ directory }, use) => {
    const [key, inbox, requests] = [newKey(), join(directory, 'inbox'), join(directory, 'requests')];
    await mkdir(join(directory, 'webroot'));
    await mkdir(join(inbox, 'bundles'), { recursive: true });
    const log: string[] = [];
    const app = createAgentServer({
      ...{ node: 'web2', keys: { first: key, all: [key] }, heldVips: () => [], inbox, requests },
      webroot: createWebroot(join(directory, 'webroot')),
      records: createRecords(directory),
      nodes: ['web1', 'web2', 'web3'],
      logger: pino({ level: 'trace' }, { write: (line) => void log.push(line) }),
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    await use({ address: '127.0.0.1', port, key, inbox, requests, stateDir: directory, log });
    await app.close();
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
