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

/** What a web server hands on has the name that the CA asked for. Whoever asks may have the answer: it is public. */
export function isAnyHostsPath(url: string): boolean {
  return url.startsWith(`/${TOKENS_BELOW_WEBROOT}/`);
}

function isSame(one: string, other: string): boolean {
  return normalAddress(one) === normalAddress(other);
}
