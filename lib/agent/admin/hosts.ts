import type { IncomingMessage } from 'node:http';
import { isIpAddress, normalAddress } from '../../net/address.ts';
import { TOKENS_BELOW_WEBROOT } from '../../challenge/challenge.ts';

/**
 * Whether a request's Host header may be answered. A page from elsewhere whose name was made to lead to this host (DNS rebinding)
 * still sends that name. An address cannot be made to lead anywhere.
 * @param names of this host and of the cluster's nodes
 */
export function isOwnHost(header: string | undefined, names: readonly string[]): boolean {
  const [, six, other] = /^(?:\[([^\]]*)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/.exec(header ?? '') ?? [];
  if (six !== undefined) return isIpAddress(six);
  if (other === undefined) return false;
  return isIpAddress(other) || ['localhost', ...names].some((name) => isSame(name, other));
}

/**
 * The path of a request. Of one in absolute form, whose host counts in place of the Host header (RFC 9112, section 3.2.2), that
 * header is set.
 */
export function originForm({ url = '', headers }: Pick<IncomingMessage, 'url' | 'headers'>): string {
  const [, authority, path] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url) ?? [];
  if (authority === undefined || path === undefined) return url;
  headers.host = authority;
  return path.startsWith('/') ? path : `/${path}`;
}

/** Whether several Host headers name several hosts: which of them is meant, nobody can say (RFC 9112, section 3.2). */
export function isAmbiguous({ headersDistinct }: Pick<IncomingMessage, 'headersDistinct'>): boolean {
  return (headersDistinct['host'] ?? []).length > 1;
}

/** What a web server hands on has the name that the CA asked for. Whoever asks may have the answer: it is public. */
export function isAnyHostsPath(url: string): boolean {
  return url.startsWith(`/${TOKENS_BELOW_WEBROOT}/`);
}

function isSame(one: string, other: string): boolean {
  return normalAddress(one) === normalAddress(other);
}
