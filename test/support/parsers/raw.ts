import { connect, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect } from 'vitest';
import { clientTls } from '../../../lib/channel/psk.ts';
import type { ClusterKeys } from '../../../lib/channel/key-file.ts';
import { near } from './near.ts';
import type { Parser } from './parser.ts';
import { TOKEN } from './samples.ts';

const REQUESTS = [
  'GET /healthz HTTP/1.1\r\nHost: localhost:9481\r\nConnection: close\r\n\r\n',
  'GET http://localhost/healthz HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\nConnection: close\r\n\r\n',
  'GET /v1/status HTTP/1.1\r\nHost: web2\r\n\r\nGET /v1/challenges HTTP/1.1\r\nHost: web2\r\n\r\n',
  'PUT /v1/challenges HTTP/1.1\r\nHost: web2\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{"challenges":[]}',
  `POST /v1/challenges/removals HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n5\r\n{"tok\r\n0\r\n\r\n`,
  `GET /.well-known/acme-challenge/${TOKEN} HTTP/1.0\r\n\r\n`,
  'OPTIONS * HTTP/1.1\r\nHost: [::1]\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
];
const WORDS = [
  ...['\r\n', '\n', '\r\n\r\n', ' HTTP/1.1', 'Content-Length: ', 'Content-Length: -1\r\n', 'Host: a\r\n'],
  ...['Transfer-Encoding: chunked\r\n', 'ffffffffffffffff\r\n', '\x16\x03\x01', 'GET ', 'CONNECT a:1 ', '\t'],
];
/** Less than the servers' own limits are here: each case ends by itself. */
const ENDS_MS = 50_000;
const MORE_MS = 10;

interface Listening {
  readonly server: { address(): AddressInfo | string | null };
}

/** What comes over the wire to the agent's two servers, byte by byte; the first one takes only who has the key. */
export function rawParsers(agent: Listening, admin: Listening, keys: ClusterKeys): readonly Parser[] {
  const place = ({ server }: Listening) => ({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
  });
  const plain = () => connect(place(admin));
  const keyed = () => connectTls({ ...place(agent), ...clientTls('web1', keys) });
  const raw = (what: string, open: () => Socket, well: string): Parser => ({
    ...{ what, input: near(REQUESTS, WORDS) },
    holds: async (text) => {
      const answers = await said(open(), text, MORE_MS);
      // Nothing but answers of HTTP comes back, and none that blames itself.
      if (answers !== '') expect(answers).toMatch(/^HTTP\/1\.1 (?:[1-4]\d\d|501|503|505) /);
      expect(answers).not.toMatch(/^HTTP\/1\.1 500 |\n\s+at /m);
      expect(await said(open(), well)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    },
  });
  return [
    raw(
      'bytes from this host',
      plain,
      'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    ),
    raw(
      'bytes from who has the key',
      keyed,
      'GET /v1/status HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    ),
  ];
}

/** All that is answered until the connection ends. A server that ends it without a word has said so too. */
async function said(socket: Socket, text: string, endsMs = ENDS_MS): Promise<string> {
  const chunks: Buffer[] = [];
  socket.setTimeout(ENDS_MS, () => socket.destroy(new Error(`still open after ${ENDS_MS} ms`)));
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  return await new Promise((resolve, reject) => {
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    // A server that is told so at once forgets what it was asked. Where half of something came, it would wait for the rest.
    const end = setTimeout(() => socket.end(), endsMs);
    socket.on('close', () => clearTimeout(end)).write(Buffer.from(text, 'latin1'));
  });
}
