// @module-tag slow
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, onTestFinished } from 'vitest';
import type { Whose } from '../../../lib/lineage/leaf-index.ts';
import { createCertificateProbe } from '../../../lib/gate/certificate-probe.ts';
import type { ProbeResult } from '../../../lib/gate/probe.ts';
import { servedCertificate } from '../../../lib/gate/served-certificate.ts';
import type { Target } from '../../../lib/cluster/target.ts';
import { eventually } from '../../lab/eventually.ts';
import { expect, type Issued, test } from '../../support/lineage/certificates.ts';
import { freePort } from '../../support/cluster/addresses.ts';
import { serveTls, type TlsSiteOptions } from '../../support/cluster/tls-site.ts';
import { lineOf } from '../../../lib/findings/words.ts';

const LONG_AGO_MS = -60_000;

interface Asked {
  readonly certificate: Issued;
  readonly port: number;
  readonly name?: string;
  readonly isFirst?: boolean;
  /** a certificate of the name was served there before */
  readonly isUsed?: boolean;
  /** whose that is what is served there */
  readonly whose?: Awaited<ReturnType<Whose>>;
  /** from the reload to this look */
  readonly sinceReloadMs?: number;
  readonly kind?: Target['kind'];
  readonly signal?: AbortSignal;
}

/** What a probe saw, with the line that people read. */
function worded(seen: ProbeResult) {
  return seen.state === 'served' ? seen : { state: seen.state, reason: lineOf(seen.reason) };
}

async function look({ certificate, port, name = 'a.test', ...options }: Asked) {
  const { isFirst = false, isUsed = true, sinceReloadMs = -LONG_AGO_MS, kind = 'node' } = options;
  const probe = createCertificateProbe({
    certificate: new X509Certificate(certificate.certificate),
    isFirst,
    usage: { isUsed: () => isUsed, whose: async () => options.whose ?? null },
    reloadedAtMs: performance.now() - sinceReloadMs,
  });
  const target = { kind, name: 'web1', address: '127.0.0.1', httpsPort: port } as Target;
  return worded(await probe(target, { name, service: null }, options.signal ?? new AbortController().signal));
}

async function site(issued: Issued, options: TlsSiteOptions = {}) {
  const started = await serveTls(issued, options);
  onTestFinished(started.close);
  return started;
}

/** Something that listens and is no TLS server. */
async function listener(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined); // the probe hangs up
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

describe('another certificate of the name', () => {
  const OWN = /^serves another certificate of this name/;
  test.for([
    [
      { isUsed: false, whose: 'other' },
      'unused',
      /^not in use there: serves the certificate of another lineage/,
    ],
    [
      { isUsed: false, whose: null },
      'unused',
      /^not in use there: serves a certificate of this name that is none of this lineage \(serial \w+, not before 20\S+\)/,
    ],
    [{ isUsed: false, whose: 'own' }, 'stale', OWN],
    [{ isUsed: false, whose: null, sinceReloadMs: 0 }, 'stale', OWN],
    [{ isUsed: true, whose: 'other' }, 'stale', OWN],
    [{ isUsed: true, whose: null }, 'stale', OWN],
    [{ isUsed: false, whose: 'own', before: ['old.test'] }, 'stale', OWN],
    [
      { isUsed: false, whose: null, before: ['old.test'] },
      'unused',
      /^not in use there: serves a certificate for other names/,
    ],
  ] as const)('is told apart: %j', async ([known, state, words], { ca }) => {
    const certificate = await ca.issue(['a.test']);
    const { port } = await site(await ca.issue('before' in known ? known.before : ['a.test']));
    expect(await look({ certificate, port, ...known })).toEqual({
      ...{ state, reason: expect.stringMatching(words) as string },
    });
  });
});

describe('what counts as served', () => {
  test.for([
    ['a.test', 'a.test'],
    ['a.test.', 'a.test'],
    ['*.w.test', 'certbot-ha-probe.w.test'],
    ['127.0.0.1', null],
    ['2001:db8::1', null],
  ] as const)('holds for %s, asked for as %s', async ([name, servername], { ca }) => {
    const certificate = await ca.issue(['a.test', '*.w.test', '127.0.0.1', '2001:db8::1']);
    const { port, asked } = await site(certificate);
    expect(await look({ certificate, port, name })).toEqual({ state: 'served' });
    await eventually(async () => asked.length >= 3, { timeoutMs: 8_000, what: 'three handshakes' });
    expect(asked).toEqual([servername, servername, servername]);
  });

  test('does not mind who has issued it or when', async ({ ca }) => {
    const certificate = await ca.issue(['a.test'], { notAfter: new Date(Date.now() - 1_000) });
    const { port } = await site(certificate);
    expect(await look({ certificate, port })).toEqual({ state: 'served' });
  });

  test('makes a whole handshake each time', async ({ ca }) => {
    const certificate = await ca.issue(['a.test']);
    const { port, asked, resumed } = await site(certificate, { tls: { maxVersion: 'TLSv1.2' } });
    for (let count = 0; count < 3; count += 1) await look({ certificate, port });
    await eventually(async () => asked.length >= 9, { timeoutMs: 8_000, what: 'nine handshakes' });
    expect(asked).toHaveLength(9);
    expect(resumed()).toBe(0);
  });

  test('sees the certificate of a server that wants one from its clients', async ({ ca }) => {
    const certificate = await ca.issue(['a.test']);
    const tls = { requestCert: true, rejectUnauthorized: true, maxVersion: 'TLSv1.2' } as const;
    const { port } = await site(certificate, { tls });
    expect(await look({ certificate, port })).toEqual({ state: 'served' });
  });

  test.for(['ec', 'rsa'] as const)(
    'finds a certificate of type %s beside one of the other type',
    async (keyType, { ca }) => {
      const other = await ca.issue(['a.test'], { keyType: keyType === 'ec' ? 'rsa' : 'ec' });
      const certificate = await ca.issue(['a.test'], { keyType });
      const both = [other, certificate];
      const tls = { cert: both.map((one) => one.certificate + one.chain), key: both.map(({ key }) => key) };
      const { port } = await site(certificate, { tls });
      expect(await look({ certificate, port })).toEqual({ state: 'served' });
    },
  );
});

test.for([
  ['ec', 'ec'],
  ['rsa', 'rsa'],
  [null, 'ec'],
] as const)(
  'of two that are another certificate, the one counts that is of the same type: %s, so %s',
  async ([keyType, told], { ca }) => {
    const shown = {
      ec: await ca.issue(['a.test'], { keyType: 'ec' }),
      rsa: await ca.issue(['a.test'], { keyType: 'rsa' }),
    };
    const both = Object.values(shown);
    const tls = { cert: both.map((one) => one.certificate + one.chain), key: both.map(({ key }) => key) };
    const { port } = await site(shown.ec, { tls });
    const wanted = { sha256: '0'.repeat(64), name: 'a.test', keyType, service: null };
    const target = { kind: 'node', address: '127.0.0.1', httpsPort: port } as const;
    const { serialNumber } = new X509Certificate(shown[told].certificate);
    expect(await servedCertificate(target, wanted, new AbortController().signal)).toMatchObject({
      kind: 'another',
      leaf: { serial: serialNumber },
    });
  },
);

describe('what does not', () => {
  test('tells the certificate that is served for the name instead', async ({ ca }) => {
    const before = await ca.issue(['*.test'], { notBefore: new Date('2026-01-02T03:04:05Z') });
    const { serialNumber } = new X509Certificate(before.certificate);
    const { port } = await site(before);
    const seen = `serves another certificate of this name (serial ${serialNumber}, not before 2026-01-02T03:04:05Z)`;
    const certificate = await ca.issue(['a.test']);
    expect(await look({ certificate, port })).toEqual({
      state: 'stale',
      reason: `${seen}: has it been reloaded? [other-certificate-served]`,
    });
    expect(await look({ certificate, port, isFirst: true })).toEqual({
      state: 'stale',
      reason: `${seen}: does its configuration name the new one? [other-certificate-served]`,
    });
  });

  test.for([
    [['x.test', 'y.test'], 'x.test, y.test'],
    [['1.test', '2.test', '3.test', '4.test', '5.test'], '1.test, 2.test, 3.test and 2 more'],
  ] as const)('tells the names of another site: %j', async ([names, shown], { ca }) => {
    const { port } = await site(await ca.issue(names));
    const certificate = await ca.issue(['a.test']);
    const reason = `serves a certificate for other names (${shown})`;
    expect(await look({ certificate, port })).toEqual({
      state: 'failing',
      reason: `${reason}: does its configuration name this lineage? [other-names-served]`,
    });
    expect(await look({ certificate, port, isUsed: false })).toEqual({
      state: 'unused',
      reason: `not in use there: ${reason} [not-in-use]`,
    });
  });

  test('tells that nothing listens', async ({ ca }) => {
    const [certificate, port] = [await ca.issue(['a.test']), await freePort(['127.0.0.1'])];
    const reason = `port ${port}: connection refused`;
    expect(await look({ certificate, port })).toEqual({
      state: 'silent',
      reason: `${reason}: is the web server running? [connection-refused]`,
    });
    expect(await look({ certificate, port, kind: 'vip' })).toEqual({
      state: 'silent',
      reason: `${reason}: does its holder's web server listen on it? [connection-refused]`,
    });
    expect(await look({ certificate, port, isUsed: false })).toEqual({
      state: 'unused',
      reason: `not in use there: ${reason} [not-in-use]`,
    });
  });

  test('tells that what listens does not speak TLS', async ({ ca }) => {
    const certificate = await ca.issue(['a.test']);
    const port = await listener((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const reason = `port ${port}: does not speak TLS`;
    expect(await look({ certificate, port })).toEqual({ state: 'failing', reason: `${reason} [no-tls]` });
    expect(await look({ certificate, port, isUsed: false })).toMatchObject({ state: 'unused' });
  });

  test('tells that the name is refused', async ({ ca }) => {
    const certificate = await ca.issue(['a.test']);
    // A fatal unrecognized_name (RFC 8446, section 6.2), as nginx and HAProxy send it.
    const port = await listener((socket) => socket.once('data', () => socket.end(ALERT)));
    const reason = `port ${port}: refuses the handshake for this name (TLS alert: unrecognized name)`;
    expect(await look({ certificate, port })).toEqual({
      state: 'failing',
      reason: `${reason} [tls-refused]`,
    });
    expect(await look({ certificate, port, isUsed: false })).toEqual({
      state: 'unused',
      reason: `not in use there: ${reason} [not-in-use]`,
    });
  });

  test('tells that a connection breaks, which is no failure where nothing was seen before', async ({
    ca,
  }) => {
    const certificate = await ca.issue(['a.test']);
    const port = await listener((socket) => socket.destroy());
    const reason = `port ${port}: the connection was reset [connection-reset]`;
    expect(await look({ certificate, port })).toEqual({ state: 'failing', reason });
    expect(await look({ certificate, port, isUsed: false, sinceReloadMs: 0 })).toEqual({
      state: 'failing',
      reason,
    });
    expect(await look({ certificate, port, isUsed: false })).toEqual({
      state: 'unused',
      reason: `not in use there: port ${port}: shows no certificate [not-in-use]`,
    });
  });

  test('gives a server that says nothing a few seconds', async ({ ca }) => {
    const [certificate, port] = [await ca.issue(['a.test']), await listener(() => undefined)];
    expect(await look({ certificate, port })).toEqual({
      state: 'failing',
      reason: `port ${port}: connected, but no TLS handshake within 5 s [tls-handshake-slow]`,
    });
  });

  test('gives one that said nothing before less, once for all its names, and takes it for one that does not use it', async ({
    ca,
  }) => {
    let connected = 0;
    const [certificate, port] = [await ca.issue(['a.test']), await listener(() => void (connected += 1))];
    const probe = createCertificateProbe({
      ...{
        certificate: new X509Certificate(certificate.certificate),
        isFirst: false,
        reloadedAtMs: LONG_AGO_MS,
      },
      usage: { isUsed: () => false, wasBlind: () => true },
    });
    const target = { kind: 'node', name: 'web1', address: '127.0.0.1', httpsPort: port } as Target;
    const startedMs = performance.now();
    for (const name of ['a.test', 'b.test', 'c.test']) {
      const seen = await probe(target, { name, service: null }, new AbortController().signal);
      expect(worded(seen)).toEqual({
        state: 'unused',
        reason: `not in use there: port ${port}: no answer [not-in-use]`,
      });
    }
    expect(connected).toBe(1);
    expect(performance.now() - startedMs).toBeLessThan(4_500);
  });

  test('ends with the signal', async ({ ca }) => {
    const controller = new AbortController();
    const [certificate, port] = [await ca.issue(['a.test']), await listener(() => controller.abort())];
    expect(await look({ certificate, port, signal: controller.signal })).toEqual({
      state: 'silent',
      reason: 'no answer before the time was over [no-time-left]',
    });
  });
});

const ALERT = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x70]);

test('is not content with an unused name right after the reload', async ({ ca }) => {
  const [certificate, port] = [await ca.issue(['a.test']), await freePort(['127.0.0.1'])];
  expect(await look({ certificate, port, isUsed: false, sinceReloadMs: 0 })).toMatchObject({
    state: 'silent',
  });
  expect(await look({ certificate, port, isUsed: false, sinceReloadMs: 1_000 })).toMatchObject({
    state: 'unused',
  });
});
