import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, onTestFinished } from 'vitest';
import { createChallengeProbe } from '../../../lib/gate/challenge-probe.ts';
import type { Target } from '../../../lib/cluster/target.ts';
import { freePort } from '../../support/cluster/addresses.ts';
import { makeChallenge } from '../../support/cluster/challenge.ts';
import { serve } from '../../support/cluster/site.ts';
import { expect, test } from '../../support/temporary.ts';
import { lineOf } from '../../../lib/findings/words.ts';
import type { ProbeResult } from '../../../lib/gate/probe.ts';

const CHALLENGE = makeChallenge('a.example.test');
const { keyAuthorization } = CHALLENGE;

/** What a probe saw, with the line that people read. */
function worded(seen: ProbeResult) {
  return seen.state === 'served' ? seen : { state: seen.state, reason: lineOf(seen.reason) };
}

async function look(
  httpPort: number,
  {
    identifier = 'a.example.test',
    address = '127.0.0.1',
    timeoutMs = 5_000,
    kind = 'node',
    httpsPort = 443,
  } = {},
) {
  const probe = createChallengeProbe({ identifiers: [identifier], vips: [] });
  const target = { kind, name: 'web2', address, httpPort, httpsPort } as Target;
  return worded(await probe(target, { ...CHALLENGE, identifier }, AbortSignal.timeout(timeoutMs)));
}

async function lookAt(listener: RequestListener, options: Parameters<typeof look>[1] = {}) {
  const site = await serve(listener, options.address);
  onTestFinished(async () => await site.close());
  return { seen: await look(site.port, options), requests: site.requests };
}

/** A server that is none: what it does with each connection is up to the test. */
async function rawServer(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe('holds', () => {
  test.for([
    ['the key authorization', keyAuthorization],
    ['white space behind it', `${keyAuthorization} \t\r\n\n`],
  ] as const)('with %s', async ([, body]) => {
    const { seen, requests } = await lookAt((_, response) => response.end(body));
    expect(seen).toEqual({ state: 'served' });
    expect(requests).toEqual([`GET a.example.test /.well-known/acme-challenge/${CHALLENGE.token}`]);
  });

  test('at an IPv6 address for an IPv6 identifier, which stands in brackets', async () => {
    const { seen, requests } = await lookAt((_, response) => response.end(keyAuthorization), {
      address: '::1',
      identifier: '2001:db8::1',
    });
    expect(seen).toEqual({ state: 'served' });
    expect(requests[0]).toMatch(/^GET \[2001:db8::1\] /);
  });
});

describe('is failing', () => {
  test.for([
    [
      'where it is not found',
      404,
      { server: 'nginx/1.22' },
      'x',
      '404 from nginx/1.22: is the acme-challenge location in its configuration? [token-not-found]',
    ],
    [
      'where it is forbidden',
      403,
      {},
      'x',
      '403: may its user read the webroot? does a line such as "location ~ /\\. { deny all; }" apply? [token-forbidden]',
    ],
    [
      'behind a password',
      401,
      { server: 'nginx' },
      'x',
      '401 from nginx: it asks for a password: does the acme-challenge location lack "auth_basic off;"? [token-behind-password]',
    ],
    [
      "with another site's 404",
      404,
      { server: 'nginx', 'content-type': 'text/html; charset=utf-8' },
      '<!doctype html>\n<html><head><title>\n Page not found – My\u001b[31m long, long blog</title>',
      '404 from nginx of another site, "Page not found – My\\u001b[31m…": does a server with this server_name have the acme-challenge location? [other-site-answers]',
    ],
    [
      "with an API's 404",
      404,
      { 'content-type': 'application/json' },
      '{"error":"no such route"}',
      /^404 of another site, "\{.*\[other-site-answers\]$/,
    ],
    [
      'with the 404 of nginx itself',
      404,
      { 'content-type': 'text/html' },
      '<html>\r\n<head><title>404 Not Found</title></head>',
      /\[token-not-found\]$/,
    ],
    ['where the server is broken', 502, { server: 'nginx' }, 'x', '502 from nginx [unexpected-status]'],
    [
      'where what it hands the request on to does not answer',
      503,
      { server: 'Apache/2.4' },
      'x',
      '503 from Apache/2.4: is certbot-ha-agent down there? it is asked for a challenge that the node lacks [unexpected-status]',
    ],
    ['with the right body and the wrong status', 201, {}, keyAuthorization, '201 [unexpected-status]'],
    [
      'with another body',
      200,
      {},
      'It works!',
      `body differs: expected "${keyAuthorization.slice(0, 24)}…", got "It works!" [body-differs]`,
    ],
    [
      'with an empty body',
      200,
      {},
      '',
      `body differs: expected "${keyAuthorization.slice(0, 24)}…", got "" [body-differs]`,
    ],
    ['with white space before it', 200, {}, ` ${keyAuthorization}`, /^body differs.* \[body-differs\]$/],
    ['with half of it', 200, {}, keyAuthorization.slice(0, 60), /^body differs.* \[body-differs\]$/],
    [
      'with white space up to 128 bytes',
      200,
      {},
      keyAuthorization.padEnd(128),
      'the body is 128 bytes or more, which the CA refuses [body-too-long]',
    ],
    [
      'with a long text',
      200,
      {},
      'x'.repeat(6_000),
      'the body is 128 bytes or more, which the CA refuses [body-too-long]',
    ],
    [
      'with a page',
      200,
      {},
      '<html>'.repeat(1_000),
      'a page, "": does a line such as "try_files $uri /index.html" or "proxy_pass" come before the acme-challenge location? [page-instead-of-token]',
    ],
    [
      'with a server name that is none',
      500,
      { server: 'a\tb'.repeat(50) },
      '',
      /^500 from [a-z?]{40} \[unexpected-status\]$/,
    ],
  ] as const)('%s', async ([, status, headers, body, reason]) => {
    const { seen } = await lookAt((_, response) => response.writeHead(status, headers).end(body));
    expect(seen).toEqual({
      state: 'failing',
      reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
    });
  });

  test('where something else than HTTP answers', async () => {
    const port = await rawServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    expect(await look(port)).toEqual({
      state: 'failing',
      reason: expect.stringMatching(/does not speak HTTP \(\w+\) \[not-http\]$/),
    });
  });

  test.for([
    ['switches protocols', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nhello'],
    [
      'says gzip and sends something else',
      'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc',
    ],
  ])('where a server %s', async ([, answer = '']) => {
    const port = await rawServer((socket) => socket.once('data', () => socket.end(answer)));
    expect(await look(port)).toEqual({ state: 'failing', reason: expect.stringContaining('[not-http]') });
  });

  test('where the connection is closed before the answer', async () => {
    const port = await rawServer((socket) => socket.once('data', () => socket.end()));
    expect(await look(port)).toEqual({
      state: 'failing',
      reason: `port ${port}: the connection was closed without an answer: does a "return 444" apply, or is gate.proxyProtocol missing? [closed-without-answer]`,
    });
  });

  test.for([
    ['https://sso.example.test/', 'redirected-to-login'],
    ['http://a.example.test/wp-login.php?to=x', 'redirected-to-login'],
    ['http://a.example.test/oauth2/start', 'redirected-to-login'],
    ['http://a.example.test/home', 'redirected-to-page'],
    ['http://a.example.test/authors', 'redirected-to-page'],
  ] as const)('where a redirect leads to %s: %s', async ([location, code]) => {
    const { seen } = await lookAt(({ url = '' }, response) => {
      if (url.includes(CHALLENGE.token)) response.writeHead(302, { location }).end();
      else response.end('<!DOCTYPE html><title>Welcome</title>');
    });
    // Nothing listens at the name of the single sign-on here.
    const there = location.startsWith('https:') ? 'redirect-leads-nowhere' : code;
    expect(seen).toEqual({ state: 'failing', reason: expect.stringContaining(`[${there}]`) });
  });
});

describe('is failing, and not silent, where the first request was answered', () => {
  test('and a redirect leads to https, where nothing listens', async () => {
    const httpsPort = await freePort(['127.0.0.1']);
    const { seen } = await lookAt(
      ({ url }, response) => response.writeHead(301, { location: `https://a.example.test${url}` }).end(),
      { httpsPort },
    );
    expect(seen).toEqual({
      state: 'failing',
      reason:
        'redirected to https://a.example.test: port 443: connection refused: is the web server running? [redirect-leads-nowhere]',
    });
  });

  test('and a redirect leads to a name that does not resolve', async () => {
    const { seen } = await lookAt(({ url }, response) =>
      response.writeHead(302, { location: `http://nowhere.invalid${url}` }).end(),
    );
    expect(seen).toEqual({
      state: 'failing',
      reason: expect.stringMatching(
        /^redirected to http:\/\/nowhere\.invalid: port 80: the name does not resolve( now)? \[redirect-leads-nowhere\]$/,
      ),
    });
  });
});

test('is told of a connection before there is an answer', async () => {
  const port = await rawServer(() => undefined);
  const over = new AbortController();
  const target = {
    kind: 'node',
    name: 'web2',
    address: '127.0.0.1',
    httpPort: port,
    httpsPort: 443,
  } as Target;
  const contact = new Promise<void>((resolve) => {
    void createChallengeProbe({ identifiers: ['a.example.test'], vips: [] })(
      target,
      CHALLENGE,
      over.signal,
      resolve,
    );
  });
  await contact;
  over.abort();
});

describe('is silent', () => {
  test.for([
    ['node', 'is the web server running?'],
    ['vip', "does its holder's web server listen on it?"],
  ] as const)('where nothing listens on a %s', async ([kind, advice]) => {
    const port = await freePort(['127.0.0.1']);
    expect(await look(port, { kind })).toEqual({
      state: 'silent',
      reason: `port ${port}: connection refused: ${advice} [connection-refused]`,
    });
  });

  test('where a server accepts and never answers, as soon as the time is over', async () => {
    const port = await rawServer(() => undefined);
    const startedMs = performance.now();
    expect(await look(port, { timeoutMs: 200 })).toEqual({
      state: 'silent',
      reason: 'no answer before the time was over [no-time-left]',
    });
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});
