import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import type { Target } from '../../../lib/cluster/target.ts';
import { createChallengeProbe } from '../../../lib/gate/challenge-probe.ts';
import { loopbackAddresses, freePort } from '../../support/cluster/addresses.ts';
import { makeChallenge } from '../../support/cluster/challenge.ts';
import { serve } from '../../support/cluster/site.ts';
import { credentialsOf } from '../../support/cluster/tls-site.ts';
import { expect, test, type TestCa } from '../../support/lineage/certificates.ts';

// docs/hook-contract.md has the rules as a table, and the table is what is tested here.

const CHALLENGE = makeChallenge('www.example.com');
const { keyAuthorization, token } = CHALLENGE;
const VIP = '192.0.2.10';

interface Rule {
  readonly answer: string;
  readonly ca: string;
  readonly gate: string;
}

function rules(): readonly Rule[] {
  const lines = readFileSync('docs/hook-contract.md', 'utf8').split('\n');
  const from = lines.findIndex((line) => line.startsWith("| the web server's answer"));
  const rows = lines.slice(from + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => line === ''),
    )
    .map((line) => {
      const [, answer = '', ca = '', gate = ''] = line.split(/ *\| */);
      return { answer, ca, gate };
    });
}

const send =
  (status: number, body: string | Buffer, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);

/** Answers at `/x` with the key authorization, elsewhere by a redirect there. */
const redirect =
  (status: number, location: string): RequestListener =>
  (request, response) => {
    const isThere = !request.url?.includes(token);
    if (isThere) response.end(keyAuthorization);
    else response.writeHead(status, { location }).end();
  };

const chain =
  (length: number): RequestListener =>
  ({ url = '' }, response) => {
    const step = Number(/^\/step(\d+)$/.exec(url)?.[1] ?? '0');
    if (step === length) response.end(keyAuthorization);
    else response.writeHead(302, { location: `/step${step + 1}` }).end();
  };

const raw = (answer: string) => (socket: Socket) =>
  void socket.once('data', () => socket.end(answer, 'latin1'));

const ANSWERS: Readonly<Record<string, RequestListener>> = {
  'the key authorization': send(200, keyAuthorization),
  'the key authorization and white space, of Unicode too': send(
    200,
    `${keyAuthorization} \t\r\n\v\f\u0085\u00a0\u3000`,
  ),
  'white space and the key authorization': send(200, ` ${keyAuthorization}`),
  'another body': send(200, 'It works!'),
  'a body of 127 bytes': send(200, keyAuthorization.padEnd(127)),
  'a body of 128 bytes': send(200, keyAuthorization.padEnd(128)),
  'the key authorization, packed with gzip': send(200, gzipSync(keyAuthorization), {
    'content-encoding': 'gzip',
  }),
  '100 KiB of headers': send(200, keyAuthorization, { 'content-security-policy': 'x'.repeat(102_400) }),
  'status `201`': send(201, keyAuthorization),
  'status `404`': send(404, keyAuthorization),
  '`301` without a location': send(301, keyAuthorization),
  '`301` to a path of 2000 bytes': redirect(301, `/${'x'.repeat(1_999)}`),
  '`301` to a path of 2001 bytes': redirect(301, `/${'x'.repeat(2_000)}`),
  '`301` to itself': ({ url }, response) => void response.writeHead(301, { location: url }).end(),
  'ten redirects': chain(10),
  'eleven redirects': chain(11),
  'twelve redirects': chain(12),
};

const RAW_ANSWERS: Readonly<Record<string, (socket: Socket) => void>> = {
  'line ends without a carriage return': raw(
    `HTTP/1.0 200 OK\nContent-Type: text/plain\n\n${keyAuthorization}\n`,
  ),
  'a header in two lines': raw(
    `HTTP/1.1 200 OK\r\nX-Y: caf\u0080\r\n b\r\nConnection: close\r\n\r\n${keyAuthorization}`,
  ),
  'a length beside chunks': raw(
    `HTTP/1.1 200 OK\r\nContent-Length: 87\r\nTransfer-Encoding: chunked\r\n\r\n57\r\n${keyAuthorization}\r\n0\r\n\r\n`,
  ),
  'a control character in a header': raw(`HTTP/1.1 200 OK\r\nX-Y: a\u0001b\r\n\r\n${keyAuthorization}`),
  'no HTTP/1.1': raw(
    '\0\0\u0012\u0004\0\0\0\0\0\0\u0003\0\0\0\u0080\0\u0004\0\u0001\0\0\0\u0005\0\u00ff\u00ff\u00ff',
  ),
  'the end of the connection in the middle of the body': raw(
    `HTTP/1.1 200 OK\r\nContent-Length: ${keyAuthorization.length}\r\n\r\n${keyAuthorization.slice(1)}`,
  ),
};

async function serveRaw(onConnection: (socket: Socket) => void, address: string): Promise<number> {
  const server = createServer((socket) => onConnection(socket.on('error', () => undefined)));
  server.listen(0, address);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function serveSecure(ca: TestCa, address: string): Promise<number> {
  const issued = await ca.issue(['nobody.example']);
  const server = createSecureServer(credentialsOf(issued), send(200, keyAuthorization));
  server.listen(0, address);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** The target, and another host: only the one that is to be asked last has the response behind a redirect. */
async function look({ answer, gate }: Rule, ca?: TestCa) {
  const [here = '', elsewhere = ''] = loopbackAddresses(2);
  const port = await freePort([here, elsewhere]);
  const [, status = '', written = ''] = /^`(\d+)` to `(.+)`$/.exec(answer) ?? [];
  // Where a name leads away from the target the port is what is written, and nobody else may have port 80.
  const location = written.replace('other.example.net/', `other.example.net:${port}/`);
  const listener = ANSWERS[answer] ?? (status ? redirect(Number(status), location) : undefined);
  const onConnection = RAW_ANSWERS[answer];
  if (!listener && !onConnection) throw new Error(`no such answer here: ${answer}`);

  const isElsewhere = gate.endsWith('where the name leads');
  const site = listener && (await serve(listener, here, port));
  const other = await serve(send(isElsewhere ? 200 : 500, keyAuthorization), elsewhere, port);
  onTestFinished(async () => void (await Promise.all([site?.close(), other.close()])));

  const resolved: Readonly<Record<string, readonly string[]>> = {
    'vip.example.com': [VIP],
    'other.example.net': [elsewhere],
    intranet: [here],
    'files.internal': [here],
    '0x7f.1': [here],
    'www.example.com.': [here],
    '134744072': [here],
    'www.example.com.well-known': [here],
  };
  const probe = createChallengeProbe({
    identifiers: ['www.example.com', 'example.com'],
    vips: [VIP],
    resolve: async (name) => resolved[name] ?? [],
  });
  const target = {
    kind: 'node',
    name: 'web2',
    address: here,
    httpPort: onConnection ? await serveRaw(onConnection, here) : port,
    httpsPort: ca && location.startsWith('https:') ? await serveSecure(ca, here) : 443,
  } as Target;
  const result = await probe(target, CHALLENGE, AbortSignal.timeout(5_000));
  const seen = result.state === 'served' ? 'served' : `refuses: \`${result.reason.code}\``;
  if (result.state !== 'served') expect(result.state).toBe('failing');
  return { seen, asked: [...(site?.requests ?? []), ...other.requests] };
}

test.for(rules())('$answer: the gate $gate', async (rule, { ca }) => {
  const { seen } = await look(rule, ca);
  const isAccepted = /^(?:accepts|follows)/.test(rule.gate);
  expect(seen).toBe(isAccepted ? 'served' : rule.gate);
  // Never more than the CA does.
  if (isAccepted) expect(rule.ca).toBe(rule.gate.split(',')[0]);
});

test('every answer of this file is a row of the table', () => {
  const answers = rules().map(({ answer }) => answer);
  expect(answers.length).toBeGreaterThan(40);
  expect(answers).toEqual(expect.arrayContaining([...Object.keys(ANSWERS), ...Object.keys(RAW_ANSWERS)]));
});

test.for([
  ['`301` to `/x`', ['www.example.com', 'www.example.com']],
  ['`301` to `http://WWW.example.com/x`', ['www.example.com', 'www.example.com']],
  ['`301` to `http://www.example.com:80/x`', ['www.example.com', 'www.example.com:80']],
  ['`301` to `http://example.com/x`', ['www.example.com', 'example.com']],
] as const)('%s is asked with the host as it is written', async ([answer, hosts]) => {
  const { asked } = await look({ answer, ca: 'follows', gate: 'follows' });
  expect(asked.map((line) => line.split(' ')[1])).toEqual(hosts);
});

test('a redirect is followed with the headers of a Go client', async () => {
  const seen: Record<string, unknown>[] = [];
  const site = await serve(({ url, headers }, response) => {
    seen.push({ url, ...headers });
    if (url === '/x') response.end(keyAuthorization);
    else response.writeHead(301, { location: 'http://user:pass%20word@www.example.com/x' }).end();
  });
  onTestFinished(async () => await site.close());
  const probe = createChallengeProbe({ identifiers: ['www.example.com'], vips: [] });
  const target = {
    kind: 'node',
    name: 'a',
    address: '127.0.0.1',
    httpPort: site.port,
    httpsPort: 443,
  } as Target;
  expect(await probe(target, CHALLENGE, AbortSignal.timeout(5_000))).toEqual({ state: 'served' });
  const path = `/.well-known/acme-challenge/${token}`;
  const always = {
    host: 'www.example.com',
    'user-agent': expect.stringMatching(/^certbot-ha\/\d/),
    accept: '*/*',
    'accept-encoding': 'gzip',
    connection: 'close',
  };
  expect(seen).toEqual([
    { url: path, ...always },
    {
      url: '/x',
      ...always,
      authorization: `Basic ${Buffer.from('user:pass word').toString('base64')}`,
      referer: `http://www.example.com${path}`,
    },
  ]);
});
