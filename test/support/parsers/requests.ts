import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { METHODS } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { InjectOptions } from 'fastify';
import { pino } from 'pino';
import { expect } from 'vitest';
import { createAdminServer } from '../../../lib/agent/admin/server.ts';
import { isOwnHost } from '../../../lib/agent/admin/hosts.ts';
import { createLookup } from '../../../lib/agent/lookup/lookup.ts';
import { createAgentServer } from '../../../lib/agent/server.ts';
import { isKeyAuthorization, isToken } from '../../../lib/challenge/challenge.ts';
import { createWebroot } from '../../../lib/challenge/webroot.ts';
import { BUNDLE_FILES } from '../../../lib/lineage/bundle.ts';
import { createResults } from '../../../lib/state/outbox.ts';
import { createRecords } from '../../../lib/state/records.ts';
import { answered, judged } from './answered.ts';
import { near } from './near.ts';
import type { Parser } from './parser.ts';
import { rawParsers } from './raw.ts';
import { ID, MANIFEST, SAID, STAMP, THUMBPRINT, TOKEN } from './samples.ts';

const JSON_TYPE = 'application/json';
const FILES = Object.fromEntries(Object.keys(BUNDLE_FILES).map((path) => [path, 'x']));
const asked = (line: string, body: unknown, type = JSON_TYPE) =>
  `${line}\n${type}\n${body === '' ? '' : JSON.stringify(body)}`;
const REQUESTS = [
  asked('PUT /v1/challenges', {
    challenges: [{ token: TOKEN, keyAuthorization: `${TOKEN}.${THUMBPRINT}` }],
  }),
  asked('POST /v1/challenges/removals', { tokens: [TOKEN] }),
  asked(`PUT /v1/deliveries/${ID}`, { manifest: JSON.stringify(MANIFEST), files: FILES }),
  asked(`POST /v1/deliveries/${ID}/activation`, { stamp: STAMP }),
  asked(`GET /v1/deliveries/${ID}`, ''),
  asked('POST /v1/sync-requests', { node: 'web1' }),
  asked('GET /v1/challenges', ''),
  asked(`GET /v1/challenges/${TOKEN}`, ''),
  asked('GET /v1/status', ''),
  asked('GET /v1/lineages', ''),
];
const WORDS = [
  TOKEN,
  ID,
  THUMBPRINT,
  '/v1/',
  '/../',
  '%2e%2e%2f',
  '%00',
  '%',
  '?x=y',
  'text/plain',
  '; charset=x',
  ...SAID,
];
const ADMIN = [
  ...[
    'GET /healthz\nlocalhost:9481\n',
    'GET /readyz\n127.0.0.1\n',
    'GET /metrics\n[::1]:9481\n',
    'GET /\nweb1\n',
    'GET /?at=now&x=%2e%2e\nlocalhost\n',
    'HEAD /metrics?name[]=up\n127.0.0.1:9481\n',
  ],
  `GET /.well-known/acme-challenge/${TOKEN}\nwww.example.test\n`,
];
/** For a server on a machine that is busy with everything else: what is tried here ends by itself. */
const PATIENT_MS = 60_000;
const LEFT = /^\.well-known$|^inbox$|^requests$|^webroot$|^node$/;

function taken(text: string): {
  readonly method: string;
  readonly url: string;
  readonly second: string;
  readonly body: string;
} {
  const [line = '', second = '', ...rest] = text.split('\n');
  const [method = '', url = ''] = line.split(' ');
  return { method, url: `/${url.replace(/^\//, '')}`, second, body: rest.join('\n') };
}

interface RequestParsers {
  readonly parsers: readonly Parser[];
  /** of what comes over the wire */
  readonly raw: readonly Parser[];
  /** Both servers listen until then. */
  readonly end: () => Promise<void>;
}

/** What comes to the agent: from whoever has the key, and from this host. */
export async function requestParsers(directory: string): Promise<RequestParsers> {
  const [webroot, inbox, requests] = ['webroot', 'inbox', 'requests'].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  await mkdir(join(webroot, '.well-known/acme-challenge'), { recursive: true });
  await mkdir(join(inbox, 'bundles'), { recursive: true });
  const logger = pino({ level: 'silent' });
  const key = Buffer.alloc(32, 1);
  const keys = { first: key, all: [key] };
  const right = `${TOKEN}.${THUMBPRINT}`;
  const agent = createAgentServer({
    ...{ node: 'web2', heldVips: () => [], configuration: '0123456789abcdef', inbox, requests, logger },
    ...{ nodes: ['web1', 'web2'], keys, webroot: createWebroot(webroot) },
    records: createRecords(directory, () => undefined),
    results: createResults(directory, () => undefined),
    isInstalling: async () => false,
    limits: { handshakeTimeoutMs: PATIENT_MS, requestTimeoutMs: PATIENT_MS },
  });
  let clockMs = 0;
  const admin = createAdminServer({
    names: ['web1'],
    limits: { requestTimeoutMs: PATIENT_MS },
    lookup: createLookup({
      responses: async () => await Promise.resolve(null),
      peers: ['web2'],
      ask: async (_, token) => await Promise.resolve(token === TOKEN ? right : token.slice(1)),
      thumbprint: () => THUMBPRINT,
      onEnd: () => undefined,
      now: () => (clockMs += 1_000),
    }),
    logger,
    obstacles: async () => [],
    metrics: async () => ({ contentType: 'text/plain', text: async () => 'up 1\n' }),
    page: async () => async () => ({ html: '<!doctype html>', headers: {} }),
  });
  const injected = async (options: InjectOptions) => {
    const { statusCode, headers, body } = await agent.inject(options);
    return judged({ status: statusCode, type: String(headers['content-type']), body });
  };
  await agent.listen({ host: '127.0.0.1', port: 0 });
  await admin.listen({ host: '127.0.0.1', port: 0 });
  const { port } = admin.server.address() as AddressInfo;
  const end = async () => void (await Promise.all([agent.close(), admin.close()]));
  const parsers: readonly Parser[] = [
    {
      what: 'a request to the agent',
      share: 30,
      input: near(REQUESTS, WORDS),
      holds: async (text) => {
        const { method, url, second: type, body } = taken(text);
        // What HTTP's own parser never lets through, and what inject takes for the name of a host.
        if (!METHODS.includes(method) || !/^[\x21-\x5b\x5d-\x7e]+$/.test(url) || !/^[\x20-\x7e]*$/.test(type))
          return;
        await injected({
          method,
          url,
          headers: { 'content-type': type },
          payload: body,
        } as InjectOptions);
        await expectInOrder(directory, webroot);
        await rm(join(inbox, 'bundles', ID), { recursive: true, force: true });
      },
    },
    {
      what: 'a request from this host',
      share: 30,
      input: near(ADMIN, ['[', ']', ':', '%', 'localhost', 'web1', '..', '/.well-known/acme-challenge/']),
      holds: async (text) => {
        const { method, url, second: host } = taken(text);
        // A tunnel is no answer.
        if (method === 'CONNECT') return;
        if (!METHODS.includes(method) || !/^[\x21-\x5b\x5d-\x7e]+$/.test(url) || !/^[\x21-\x7e]+$/.test(host))
          return;
        const answer = await answered({ host: '127.0.0.1', port, method, path: url, headers: { host } });
        const { status, body } = judged(answer);
        if (!/^(?:(?:localhost|web1)\.?|[\d.]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host))
          expect(isOwnHost(host, ['web1'])).toBe(false);
        if (status === 200 && url.startsWith('/.well-known/') && method === 'GET') expect(body).toBe(right);
        if (status === 200) expect(isOwnHost(host, ['web1']) || url.startsWith('/.well-known/')).toBe(true);
      },
    },
  ];
  return { parsers, raw: rawParsers(agent, admin, keys), end };
}

/** Nothing lies outside of the directories, or in them what is no challenge. */
async function expectInOrder(directory: string, webroot: string): Promise<void> {
  for (const name of [...(await readdir(directory)), ...(await readdir(webroot))]) expect(name).toMatch(LEFT);
  const challenges = join(webroot, '.well-known/acme-challenge');
  for (const name of await readdir(challenges)) {
    expect(isToken(name)).toBe(true);
    expect(isKeyAuthorization(await readFile(join(challenges, name), 'utf8'), name)).toBe(true);
    await rm(join(challenges, name));
  }
  for (const name of await readdir(join(directory, 'requests')).catch(() => []))
    expect(name).toMatch(/^web[12]$/);
}
