import { once } from 'node:events';
import { createServer as createWebServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { describe, onTestFinished } from 'vitest';
import { targetsOf, type Target } from '../../../lib/cluster/target.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import { createChallengeProbe } from '../../../lib/gate/challenge-probe.ts';
import { servedCertificate, wantedOf } from '../../../lib/gate/served-certificate.ts';
import { makeChallenge } from '../../support/cluster/challenge.ts';
import { credentialsOf } from '../../support/cluster/tls-site.ts';
import { expect, test } from '../../support/lineage/certificates.ts';
import { X509Certificate } from 'node:crypto';

const CHALLENGE = makeChallenge('www.example.com');

/** Listens in front of a server, and hands over what follows a PROXY protocol header; closes all else without a byte. */
async function listenBehindHeader(server: Server, address: string) {
  const headers: string[] = [];
  const front = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (bytes: Buffer) => {
      const [header = ''] = /^PROXY [^\r]*\r\n/.exec(bytes.toString('latin1')) ?? [];
      if (header === '') return void socket.end();
      headers.push(header.replace(String(socket.remotePort), 'FROM').replace(String(socket.localPort), 'TO'));
      const behind = connect((server.address() as AddressInfo).port, '127.0.0.1');
      behind.on('error', () => undefined).write(bytes.subarray(header.length));
      socket.pipe(behind).pipe(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  front.listen(0, address);
  await Promise.all([once(server, 'listening'), once(front, 'listening')]);
  onTestFinished(() => {
    front.close();
    server.close();
  });
  return { headers, port: (front.address() as AddressInfo).port };
}

const targetAt = (address: string, ports: Pick<Target, 'httpPort' | 'httpsPort'>, isBehindProxy: boolean) =>
  ({ kind: 'node', name: 'web2', address, ...ports, isBehindProxy }) as Target;

const probe = createChallengeProbe({ identifiers: ['www.example.com'], vips: [] });

describe('where a PROXY protocol header is expected', () => {
  test.for([
    ['127.0.0.1', 'PROXY TCP4 127.0.0.1 127.0.0.1 FROM TO\r\n'],
    ['::1', 'PROXY TCP6 ::1 ::1 FROM TO\r\n'],
  ] as const)('at %s a challenge is seen behind it, and not without it', async ([address, header]) => {
    const site = createWebServer((_, response) => response.end(CHALLENGE.keyAuthorization));
    const { headers, port } = await listenBehindHeader(site, address);
    const look = async (isBehindProxy: boolean) =>
      await probe(
        targetAt(address, { httpPort: port, httpsPort: 443 }, isBehindProxy),
        CHALLENGE,
        AbortSignal.timeout(5_000),
      );
    expect(await look(true)).toEqual({ state: 'served' });
    expect(headers).toEqual([header]);
    expect(await look(false)).toMatchObject({ state: 'failing' });
  });

  test('a redirect to https sends it before the handshake', async ({ ca }) => {
    const issued = await ca.issue(['www.example.com']);
    const secure = createSecureServer(credentialsOf(issued), (_, response) =>
      response.end(CHALLENGE.keyAuthorization),
    );
    const site = createWebServer(({ url }, response) =>
      response.writeHead(301, { location: `https://www.example.com${url}` }).end(),
    );
    const [http, https] = await Promise.all([
      listenBehindHeader(site, '127.0.0.1'),
      listenBehindHeader(secure, '127.0.0.1'),
    ]);
    const target = targetAt('127.0.0.1', { httpPort: http.port, httpsPort: https.port }, true);
    expect(await probe(target, CHALLENGE, AbortSignal.timeout(5_000))).toEqual({ state: 'served' });
    expect([http.headers, https.headers]).toEqual([[expect.any(String)], [expect.any(String)]]);
  });

  test('a certificate is seen behind it, and not without it', async ({ ca }) => {
    const issued = await ca.issue(['www.example.com']);
    const { headers, port } = await listenBehindHeader(
      createSecureServer(credentialsOf(issued)),
      '127.0.0.1',
    );
    const wanted = wantedOf(new X509Certificate(issued.certificate));
    const look = async (isBehindProxy: boolean) =>
      await servedCertificate(
        targetAt('127.0.0.1', { httpPort: 80, httpsPort: port }, isBehindProxy),
        wanted,
        AbortSignal.timeout(5_000),
      );
    expect(await look(true)).toEqual({ kind: 'wanted' });
    expect(headers).toEqual(['PROXY TCP4 127.0.0.1 127.0.0.1 FROM TO\r\n']);
    expect((await look(false)).kind).toBe('unknown');
  });

  test('nothing listening is told as ever', async ({ ca }) => {
    const wanted = wantedOf(new X509Certificate((await ca.issue(['www.example.com'])).certificate));
    const target = targetAt('127.0.0.1', { httpPort: 1, httpsPort: 1 }, true);
    expect(await probe(target, CHALLENGE, AbortSignal.timeout(5_000))).toMatchObject({
      state: 'silent',
      reason: { code: 'connection-refused', port: 1 },
    });
    expect(await servedCertificate(target, wanted, AbortSignal.timeout(5_000))).toMatchObject({
      kind: 'none',
      isSilent: true,
    });
  });
});

test('the nodes expect it, and no VIP does', () => {
  const web1 = { name: 'web1', address: '10.0.0.1', isBehindProxy: true };
  const cluster = {
    config: { nodes: [web1], vips: ['10.0.0.9'], gate: {}, webServer: { runsOn: 'all' } },
    self: web1,
  };
  const targets = targetsOf(cluster as unknown as Cluster);
  expect(targets.map(({ kind, isBehindProxy = false }) => [kind, isBehindProxy])).toEqual([
    ['node', true],
    ['vip', false],
  ]);
});
