import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { ChannelClient } from '../../../lib/channel/client.ts';
import type { ClusterNode, Config } from '../../../lib/cluster/config.ts';
import { lookUp } from '../../../lib/doctor/checks/look-up.ts';
import type { Context } from '../../../lib/doctor/context.ts';
import { allowingSteps, lookupSteps } from '../../../lib/doctor/lookup-steps.ts';
import type { Verdict } from '../../../lib/gate/verdict.ts';
import { expect, test } from '../../support/temporary.ts';
import { configIn, healthy, shortly, shownSteps, told } from './healthy.ts';

/** Serves these tokens on a port of this host, or answers each request with a status. */
async function serving(answer: Map<string, string> | number): Promise<number> {
  const server: Server = createServer((request, reply) => {
    const body = typeof answer === 'number' ? undefined : answer.get(request.url?.split('/').at(-1) ?? '');
    reply.writeHead(body === undefined ? (typeof answer === 'number' ? answer : 404) : 200).end(body);
  });
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

const verdict = (state: 'served' | 'failing') =>
  ({ targets: [{ target: { isSelf: true }, state }] }) as unknown as Verdict;

interface Given {
  /** what a peer was given, with its agent; absent: it takes nothing */
  readonly atPeer?: Map<string, string>;
  readonly webPort: number;
  readonly adminPort: number;
  readonly rest?: Partial<Context>;
  readonly agent?: Partial<Config['agent']>;
}

async function outcomeOf({ atPeer, webPort, adminPort, rest = {}, agent = {} }: Given) {
  const plain = configIn('/srv/acme');
  const [self, ...peers] = plain.nodes as [ClusterNode, ...ClusterNode[]];
  const config = configIn('/srv/acme', {
    nodes: [{ ...self, address: '127.0.0.1', httpPort: webPort }, ...peers],
    agent: { ...plain.agent, adminListen: `127.0.0.1:${adminPort}`, ...agent },
    webServer: { ...plain.webServer, kind: 'haproxy' },
  });
  const request = async (
    node: ClusterNode,
    method: string,
    _: string,
    { body }: { readonly body?: unknown },
  ) => {
    if (atPeer === undefined || node.name !== 'web2') return { isOk: false };
    const { challenges = [], tokens = [] } = body as {
      challenges?: { token: string; keyAuthorization: string }[];
      tokens?: string[];
    };
    for (const { token, keyAuthorization } of method === 'PUT' ? challenges : [])
      atPeer.set(token, keyAuthorization);
    for (const token of tokens) atPeer.delete(token);
    return { isOk: true, body: {} };
  };
  const client = { request } as unknown as ChannelClient;
  const drill = async () => verdict('served');
  return await lookUp.run(healthy('/srv/acme', { client, drill, ...rest }, config));
}

test('passes where the web server serves what only a peer has, and leaves nothing there', async () => {
  const atPeer = new Map<string, string>();
  const port = await serving(atPeer);
  expect(shortly(await outcomeOf({ atPeer, webPort: port, adminPort: port }))).toBe('pass');
  expect(atPeer.size).toBe(0);
});

test('warns where it does not, with what to type, and where the agent itself does not answer', async () => {
  const atPeer = new Map<string, string>();
  const [web, agent] = [await serving(404), await serving(atPeer)];
  const outcome = await outcomeOf({ atPeer, webPort: web, adminPort: agent });
  expect(shortly(outcome)).toEqual([['warn', 'lookup-missing', null]]);
  expect(outcome).toMatchObject({ complaints: [{ next: [{ command: 'certbot-ha snippet haproxy' }, {}] }] });
  expect(shortly(await outcomeOf({ atPeer, webPort: web, adminPort: await serving(503) }))).toEqual([
    ['warn', 'lookup-silent', null],
  ]);
  expect(atPeer.size).toBe(0);
});

test('tells what the web server answers, where that is not that it lacks the challenge', async () => {
  const atPeer = new Map<string, string>();
  const adminPort = await serving(atPeer);
  const seen = async (status: number) =>
    shortly(await outcomeOf({ atPeer, webPort: await serving(status), adminPort }));
  const whose = 'a challenge that only web2 has';
  expect(await seen(502)).toEqual([['warn', 'unexpected-status', whose]]);
  expect(await seen(403)).toEqual([['warn', 'token-forbidden', whose]]);
});

test('says nothing where it cannot be known, or is not wanted', async () => {
  const atPeer = new Map<string, string>();
  const [webPort, adminPort] = [await serving(404), await serving(atPeer)];
  const skips = async (given: Partial<Given>) =>
    shortly(await outcomeOf({ atPeer, webPort, adminPort, ...given }));
  const config = configIn('/srv/acme');
  const alone = async () => [told(config, 0)];
  expect(await skips({ agent: { lookup: 'off' } })).toBe('skip');
  expect(await skips({ agent: { adminListen: 'off' } })).toBe('skip');
  expect(await skips({ rest: { drill: null } })).toBe('skip');
  expect(await skips({ rest: { drill: async () => verdict('failing') } })).toBe('skip');
  expect(await skips({ rest: { agents: alone } })).toBe('skip');
  expect(await skips({ rest: { agents: async () => [told(config, 1)] } })).toBe('skip');
  const refusing = { atPeer: undefined, webPort, adminPort };
  expect(shortly(await outcomeOf(refusing as unknown as Given))).toBe('skip');
  // A peer of a version without the route.
  expect(await skips({ adminPort: await serving(404) })).toBe('skip');
});

test('where SELinux enforces, a web server that has been told to ask needs to be let', () => {
  const part = { file: '/f', asked: '[::1]:9491', use: null };
  expect(shownSteps(allowingSteps(part, '[::1]:9491'))).toEqual([
    'next: semanage port -a -t http_port_t -p tcp 9491; setsebool -P httpd_can_network_relay on',
  ]);
  expect(allowingSteps({ ...part, asked: null }, '[::1]:9491')).toEqual([]);
});

test.for([
  ['written before the look-up', null, ['next: certbot-ha snippet nginx --write']],
  ['for another address', '127.0.0.1:1', ['next: certbot-ha snippet nginx --write']],
  [
    'that is right',
    '127.0.0.1:9481',
    ['next: nginx -t && systemctl reload nginx', 'to do: in each server for port 80: include x;'],
  ],
  [
    'made by hand',
    undefined,
    ['next: certbot-ha snippet nginx', expect.stringContaining('to do: in your location')],
  ],
] as const)('of a part %s, what to do', ([, asked, expected]) => {
  const part = { file: '/f', asked, use: 'in each server for port 80: include x;' };
  expect(shownSteps(lookupSteps(configIn('/srv'), part, '127.0.0.1:9481'))).toEqual(expected);
});
