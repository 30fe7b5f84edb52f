import { isIpAddress } from '../net/address.ts';
import { mayBePublic } from '../net/public-name.ts';
import { isReserved } from '../net/reserved.ts';
import type { FindingOf } from '../findings/register.ts';

/** What is asked for, and how the redirect has written the host: that is what a Go client sends. */
export interface Hop {
  readonly url: URL;
  /** with a port where one is written */
  readonly host: string;
}

export interface RedirectRules {
  /** of the challenge, as in its URL */
  readonly identifier: string;
  readonly ports: ReadonlySet<number>;
}

type Refusal = FindingOf<'redirect-not-followed'>;

const MAX_PATH_BYTES = 2_000;

/** Where a redirect leads, or why the CA would not go there: boulder, va/http.go, extractRequestTarget. */
export function follow(location: string, from: Hop, rules: RedirectRules): Hop | Refusal {
  const hop = resolve(location, from);
  if (hop === null) return refused(location, 'no URL');
  const { url, host } = hop;
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return refused(url.href, 'scheme');
  const port = portOf(url);
  if (!rules.ports.has(port)) return refused(String(port), 'port');
  const name = host.replace(/:\d*$/, '').replace(/^\[|\]$/g, '');
  const bare = bareHost(url);
  if (name.endsWith('.well-known')) return refused(name, 'slash');
  if (url.hostname !== rules.identifier) {
    if (!isIpAddress(bare)) {
      if (!isFollowedTo(name, rules.identifier)) return refused(name, 'suffix');
      // Another spelling of an address is a name to Go, and one without a public suffix.
    } else if (isReserved(bare) || !isIpAddress(name)) return refused(bare, 'address');
  }
  if (decodedLength(url.pathname) > MAX_PATH_BYTES) return refused(url.origin, 'length');
  return hop;
}

/** The port that a URL stands for. */
export function portOf({ port, protocol }: URL): number {
  return Number(port || (protocol === 'https:' ? 443 : 80));
}

/** The host of a URL, an IPv6 address without its brackets. */
export function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** A CA that certifies names that public DNS does not know is not Let's Encrypt, and has no such rule. */
function isFollowedTo(name: string, identifier: string): boolean {
  const isOfPublicCa = mayBePublic(identifier) || isIpAddress(identifier.replace(/^\[|\]$/g, ''));
  return mayBePublic(name) || !isOfPublicCa;
}

const ABSOLUTE = /^[a-z][a-z0-9+.-]*:/i;
const AUTHORITY = /^(?:[a-z][a-z0-9+.-]*:)?\/\/([^/?#]*)/i;
const HOST_AND_PORT =
  /^(?:[\w.~!$&'()*+,;=:%@-]*@)?(\[[0-9a-f:.]+\]|[^:@[\]%\\ "<>\u0080-\uffff]+)(?::(\d*))?$/i;

/**
 * A location against the URL that it was answered to, as Go reads both and not as browsers do: no other spelling of an
 * address, no backslash for a slash, no host without slashes before it. Null for what Go takes for no URL, or for one
 * without a host.
 */
function resolve(location: string, from: Hop): Hop | null {
  const beforeQuery = location.replace(/\?.*$/s, '');
  const isBroken =
    /\p{Cc}/u.test(location.replaceAll(/[\u0080-\u009f]/g, '')) || /%(?![0-9a-f]{2})/i.test(beforeQuery);
  if (isBroken || /^[^/?#:]*:/.test(location) !== ABSOLUTE.test(location)) return null;
  const authority = AUTHORITY.exec(location)?.[1];
  const isHttp = /^https?:/i.test(location);
  if (isHttp && authority === undefined) return null;
  const [, written, port] = HOST_AND_PORT.exec(authority ?? '') ?? [];
  if (authority !== undefined && written === undefined && (isHttp || !ABSOLUTE.test(location))) return null;
  const text = location
    .replaceAll('\\', '%5C')
    .replaceAll(/[\u0080-\u00ff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
  if (!URL.canParse(text, from.url.href)) return null;
  const url = new URL(text, from.url.href);
  if (written === undefined) return { url, host: from.host };
  return { url, host: `${written}${port ? `:${port}` : ''}`.toLowerCase() };
}

function decodedLength(path: string): number {
  return path.replaceAll(/%[0-9a-f]{2}/gi, 'x').length;
}

function refused(to: string, why: Refusal['why']): Refusal {
  return { code: 'redirect-not-followed', to, why };
}
