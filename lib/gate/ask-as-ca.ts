import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { readAtMost } from '../net/body.ts';
import { request } from '../net/undici.ts';
import { VERSION } from '../base/version.ts';
import { askLeniently, isMisread } from './ask-leniently.ts';
import { MAX_HEADER_BYTES, type Route } from './ca-route.ts';
import type { Hop } from './redirect.ts';

/** One answer, whole as far as it is read. */
export interface Answer {
  readonly status: number;
  readonly server: string;
  /** the body's type, without its parameters */
  readonly type: string;
  /** where it redirects to; empty for an answer that counts */
  readonly location: string;
  readonly body: Buffer;
}

/** Let's Encrypt reads 128 bytes and refuses a body that fills them. */
export const MAX_BODY_BYTES = 128;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 307, 308]);

interface AskOptions {
  /** what has redirected here */
  readonly referrer: Hop | null;
  readonly signal: AbortSignal;
}

/** One request as Go's client makes it, but for the user agent. Rejects with the network's errors. */
export async function ask(route: Route, hop: Hop, { referrer, signal }: AskOptions): Promise<Answer> {
  const { url } = hop;
  const headers = headersOf(hop, referrer);
  try {
    const { statusCode, headers: answered, body } = await request(route.dispatcher, url, { signal, headers });
    return await read(statusCode, answered, body);
  } catch (error) {
    if (signal.aborted || !isMisread(error)) throw error;
    const { connect } = route;
    const answer = await askLeniently({ connect, url, headers, signal, maxHeaderSize: MAX_HEADER_BYTES });
    return await read(answer.statusCode ?? 0, answer.headers, answer);
  }
}

function headersOf(hop: Hop, referrer: Hop | null): Readonly<Record<string, string>> {
  return {
    host: hop.host,
    'user-agent': `certbot-ha/${VERSION}`,
    accept: '*/*',
    'accept-encoding': 'gzip',
    ...authorization(hop.url),
    ...refererOf(referrer, hop),
  };
}

async function read(status: number, headers: IncomingHttpHeaders, content: Readable): Promise<Answer> {
  const server = first(headers.server);
  const type = first(headers['content-type']).replace(/;.*$/s, '').trim().toLowerCase();
  const location = REDIRECTS.has(status) ? first(headers.location) : '';
  try {
    const isRead = location === ''; // a redirect's content is of no interest
    const body = isRead ? await decoded(content, first(headers['content-encoding'])) : Buffer.of();
    return { status, server, type, location, body };
  } finally {
    content.on('error', () => undefined).destroy();
  }
}

function authorization({ username, password }: URL) {
  if (username === '' && password === '') return {};
  const credentials = `${username}:${password}`.replaceAll(/%([0-9a-f]{2})/gi, (_, byte: string) =>
    String.fromCharCode(Number.parseInt(byte, 16)),
  );
  return { authorization: `Basic ${Buffer.from(credentials, 'latin1').toString('base64')}` };
}

function refererOf(referrer: Hop | null, { url }: Hop) {
  if (referrer === null || (referrer.url.protocol === 'https:' && url.protocol === 'http:')) return {};
  const { protocol, pathname, search } = referrer.url;
  return { referer: `${protocol}//${referrer.host}${pathname}${search}` };
}

/** Go undoes gzip, which it has asked for, before anything is counted. */
async function decoded(body: Readable, encoding: string): Promise<Buffer> {
  if (encoding.toLowerCase() !== 'gzip') return await readAtMost(body, MAX_BODY_BYTES);
  const { createGunzip } = await import('node:zlib');
  const gunzip = createGunzip();
  body.on('error', (error) => gunzip.destroy(error));
  return await readAtMost(body.pipe(gunzip), MAX_BODY_BYTES);
}

function first(value: string | readonly string[] | undefined): string {
  return (typeof value === 'object' ? value[0] : value) ?? '';
}
