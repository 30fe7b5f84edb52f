import type { Dispatcher } from 'undici';
import { isIpAddress } from '../net/address.ts';
import { readAtMost } from '../net/body.ts';
import { explainNetworkError, type NetworkFailure } from '../net/network-error.ts';
import { request } from '../net/undici.ts';
import { VERSION } from '../base/version.ts';
import type { Finding } from '../findings/register.ts';

/** What came of a fetch: the final answer, or why there is none. */
export type Fetched =
  | {
      readonly status: number;
      readonly server: string;
      readonly body: Buffer;
      readonly url: URL;
      /** whether a redirect has led there */
      readonly isRedirected: boolean;
    }
  | { readonly refusal: Finding }
  | { readonly failure: NetworkFailure; readonly url: URL; readonly isRedirected: boolean };

export interface FetchOptions {
  /** connects to the target, or to where a redirect leads away from it */
  readonly dispatcherFor: (url: URL) => Dispatcher;
  readonly ports: ReadonlySet<number>;
  readonly signal: AbortSignal;
}

/** Let's Encrypt's own limit for one fetch, redirects included; in milliseconds. */
export const FETCH_TIMEOUT_MS = 10_000;
const MAX_REDIRECTS = 10;
const MAX_URL_CHARS = 2_000;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 307, 308]);
/** Let's Encrypt reads 128 bytes and refuses a body that fills them. */
export const MAX_BODY_BYTES = 128;

/**
 * Fetches a challenge's response as Let's Encrypt's validator does (boulder, va/http.go): a plain
 * GET, up to 10 redirects, only 301, 302, 307 and 308, only to http or https on the known ports,
 * never to a bare address unless that is the identifier. Rejects when the signal aborts, and for a bug.
 */
export async function fetchAsCa(start: URL, options: FetchOptions): Promise<Fetched> {
  let url = start;
  const visited = new Set<string>();
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    visited.add(url.href);
    const isRedirected = redirects > 0;
    const answer = await ask(options.dispatcherFor(url), url, options.signal);
    if (!('location' in answer)) return { ...answer, url, isRedirected };
    const next = follow(answer.location, url, start, options.ports);
    if (!(next instanceof URL)) return { refusal: next };
    if (visited.has(next.href)) return { refusal: { code: 'redirect-circle', to: next.href } };
    url = next;
  }
  return { refusal: { code: 'too-many-redirects', max: MAX_REDIRECTS } };
}

type Answer =
  | { readonly status: number; readonly server: string; readonly body: Buffer }
  | { readonly location: string }
  | { readonly failure: NetworkFailure };

/** One request of the chain. */
async function ask(dispatcher: Dispatcher, url: URL, signal: AbortSignal): Promise<Answer> {
  try {
    const answer = await request(dispatcher, url, {
      signal,
      headers: { 'user-agent': `certbot-ha/${VERSION}`, accept: '*/*' },
    });
    const location = answer.headers['location'];
    if (!REDIRECTS.has(answer.statusCode) || typeof location !== 'string') {
      const body = await readAtMost(answer.body, MAX_BODY_BYTES);
      return { status: answer.statusCode, server: String(answer.headers['server'] ?? ''), body };
    }
    answer.body.on('error', () => undefined).destroy(); // its content is of no interest
    return { location };
  } catch (error) {
    const failure = signal.aborted ? null : explainNetworkError(error);
    if (failure === null) throw error;
    return { failure };
  }
}

/** Where a redirect leads, or why the CA would not go there. */
function follow(location: string, from: URL, start: URL, ports: ReadonlySet<number>): URL | Finding {
  const code = 'redirect-not-followed';
  if (!URL.canParse(location, from.href)) return { code, to: location, why: 'no URL' };
  const url = new URL(location, from.href);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return { code, to: url.href, why: 'scheme' };
  const port = portOf(url);
  if (!ports.has(port)) return { code, to: String(port), why: 'port' };
  const bare = url.hostname.replace(/^\[|\]$/g, '');
  if (isIpAddress(bare) && url.hostname !== start.hostname) return { code, to: bare, why: 'address' };
  if (url.href.length > MAX_URL_CHARS) return { code, to: url.origin, why: 'length' };
  return url;
}

/** The port that a URL stands for. */
export function portOf({ port, protocol }: URL): number {
  return Number(port || (protocol === 'https:' ? 443 : 80));
}
