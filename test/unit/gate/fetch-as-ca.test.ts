import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { createChallengeProbe } from '../../../lib/gate/challenge-probe.ts';
import type { Target } from '../../../lib/cluster/target.ts';
import { fetchAsCa } from '../../../lib/gate/fetch-as-ca.ts';
import { Agent } from '../../../lib/net/undici.ts';
import { freePort } from '../../support/cluster/addresses.ts';
import { run } from '../../support/programs/program.ts';
import { serve } from '../../support/cluster/site.ts';
import { expect, test } from '../../support/temporary.ts';
import { lineOf } from '../../../lib/findings/words.ts';

const BODY = 'the response';

/** A server on 127.0.0.1, and a fetch of `http://a.example.test:PORT/start` that is pinned to it. */
async function fetchFrom(listener: (port: number) => RequestListener, ports: readonly number[] = []) {
  const port = await freePort(['127.0.0.1']);
  const site = await serve(listener(port), '127.0.0.1', port);
  const pinned = new Agent({
    connect: { lookup: (_, __, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]) },
  });
  const unpinned = new Agent({ connect: { rejectUnauthorized: false } });
  try {
    const fetched = await fetchAsCa(new URL(`http://a.example.test:${port}/start`), {
      routeTo: async ({ hostname }) => ({
        dispatcher: hostname === 'a.example.test' ? pinned : unpinned,
        connect: () => expect.unreachable(),
      }),
      ports: new Set([80, 443, port, ...ports]),
      signal: AbortSignal.timeout(5_000),
    });
    const seen =
      'refusal' in fetched
        ? { refusal: lineOf(fetched.refusal) }
        : 'failure' in fetched
          ? { failure: fetched.failure.code }
          : { status: fetched.status, body: fetched.body.toString() };
    return { ...seen, requests: site.requests.map((line) => line.replaceAll(String(port), 'PORT')) };
  } finally {
    await Promise.all([pinned.destroy(), unpinned.destroy(), site.close()]);
  }
}

const redirect =
  (status: number, location: string | ((port: number) => string)) =>
  (port: number): RequestListener =>
  (request, response) => {
    if (request.url !== '/start') response.end(BODY);
    else
      response
        .writeHead(status, { location: typeof location === 'string' ? location : location(port) })
        .end();
  };

describe('follows a redirect', () => {
  test.for([301, 302, 307, 308])('of status %i', async (status) => {
    expect(await fetchFrom(redirect(status, '/next'))).toEqual({
      status: 200,
      body: BODY,
      requests: ['GET a.example.test:PORT /start', 'GET a.example.test:PORT /next'],
    });
  });

  test('that stays on the identifier, and keeps to its address', async () => {
    const seen = await fetchFrom(redirect(301, (port) => `http://a.example.test:${port}/next?x=1`));
    expect(seen).toMatchObject({
      status: 200,
      requests: expect.arrayContaining(['GET a.example.test:PORT /next?x=1']),
    });
  });

  test('to another name, where that name leads', async () => {
    const seen = await fetchFrom(redirect(301, (port) => `http://localhost:${port}/next`));
    expect(seen).toMatchObject({
      status: 200,
      requests: expect.arrayContaining(['GET localhost:PORT /next']),
    });
  });

  test('ten times and not more', async () => {
    const chain = (length: number) => (): RequestListener => (request, response) => {
      const step = Number(request.url?.replace(/\D/g, '') || '0');
      if (step === length) response.end(BODY);
      else response.writeHead(302, { location: `/${step + 1}` }).end();
    };
    expect(await fetchFrom(chain(10))).toMatchObject({ status: 200, body: BODY });
    expect(await fetchFrom(chain(11))).toMatchObject({
      refusal: 'more than 10 redirects [too-many-redirects]',
    });
  });
});

describe('does not follow', () => {
  test.for([300, 303, 304, 305])('status %i, which is the answer then', async (status) => {
    expect(await fetchFrom(redirect(status, '/next'))).toMatchObject({
      status,
      requests: ['GET a.example.test:PORT /start'],
    });
  });

  test.for([
    [
      'to another port',
      'http://a.example.test:8081/x',
      'redirects to port 8081: the CA follows to ports 80 and 443 only [redirect-not-followed]',
    ],
    [
      'to another scheme',
      'ftp://a.example.test/x',
      'redirects to ftp://a.example.test/x: only http and https are followed [redirect-not-followed]',
    ],
    [
      'to a file',
      'file:///etc/passwd',
      'redirects to file:///etc/passwd: only http and https are followed [redirect-not-followed]',
    ],
    [
      'to a bare address',
      'http://127.0.0.1/x',
      'redirects to the address 127.0.0.1, which is reserved: the CA does not connect to it [redirect-not-followed]',
    ],
    [
      'to a bare address in another spelling',
      'http://0x7f.1/x',
      'redirects to the address 127.0.0.1, which is reserved: the CA does not connect to it [redirect-not-followed]',
    ],
    [
      'to a bare IPv6 address',
      'http://[::1]/x',
      'redirects to the address ::1, which is reserved: the CA does not connect to it [redirect-not-followed]',
    ],
    ['to nothing', 'http://', 'redirects to "http://", which is no URL [redirect-not-followed]'],
    [
      'in a circle',
      '/start',
      /^redirects in a circle: http:\/\/a\.example\.test:\d+\/start \[redirect-circle\]$/,
    ],
    [
      'to a URL without end',
      `/${'x'.repeat(2_000)}`,
      'redirects to a path of more than 2000 bytes [redirect-not-followed]',
    ],
  ] as const)('a redirect %s', async ([, location, refusal]) => {
    const seen = await fetchFrom(redirect(301, location));
    expect(seen).toMatchObject({ requests: ['GET a.example.test:PORT /start'] });
    expect('refusal' in seen ? seen.refusal : seen).toEqual(
      typeof refusal === 'string' ? refusal : expect.stringMatching(refusal),
    );
  });

  test('a redirect without a location, which is the answer then', async () => {
    const seen = await fetchFrom(() => (_, response) => response.writeHead(301).end('moved'));
    expect(seen).toMatchObject({ status: 301, body: 'moved' });
  });
});

test('is a plain GET in the name of certbot-ha', async () => {
  const seen: unknown[] = [];
  await fetchFrom(() => (request, response) => {
    seen.push(request.method, request.headers['user-agent'], request.headers.accept, request.headers.cookie);
    response.end();
  });
  expect(seen).toEqual(['GET', expect.stringMatching(/^certbot-ha\/\d/), '*/*', undefined]);
});

test('gives up a body that does not end soon', async () => {
  const seen = await fetchFrom(() => (_, response) => {
    const timer = setInterval(() => response.write('x'.repeat(100)), 1);
    response.on('close', () => clearInterval(timer));
  });
  expect('body' in seen && seen.body.length).toBeLessThan(1_000);
});

test('goes on from http to https without asking for a certificate that can be verified, with the name as SNI', async ({
  directory,
}) => {
  const files = [join(directory, 'key.pem'), join(directory, 'cert.pem')] as const;
  const { code } = await run([
    'openssl',
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    '/CN=other',
    '-keyout',
    files[0],
    '-out',
    files[1],
  ]);
  expect(code).toBe(0);
  const names: unknown[] = [];
  const secure = createServer(
    { key: await readFile(files[0]), cert: await readFile(files[1]) },
    (request, response) => {
      names.push((request.socket as unknown as { servername: string }).servername);
      response.end('token.print');
    },
  );
  secure.listen(0, '127.0.0.1');
  await once(secure, 'listening');
  onTestFinished(() => void secure.close());
  const httpsPort = (secure.address() as AddressInfo).port;
  const site = await serve((request, response) => {
    response.writeHead(301, { location: `https://a.example.test:${httpsPort}${request.url}` }).end();
  });
  onTestFinished(async () => await site.close());

  const target = { kind: 'node', address: '127.0.0.1', httpPort: site.port, httpsPort } as Target;
  const challenge = { identifier: 'a.example.test', token: 't'.repeat(16), keyAuthorization: 'token.print' };
  const look = await createChallengeProbe({ identifiers: ['a.example.test'], vips: [] })(
    target,
    challenge,
    AbortSignal.timeout(5_000),
  );
  expect(look).toEqual({ state: 'served' });
  expect(names).toEqual(['a.example.test']);
});
