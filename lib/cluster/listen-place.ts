import { isIpAddress, isLoopback } from '../net/address.ts';

export const DEFAULT_ADMIN_LISTEN = '127.0.0.1:9481';
/** What the configuration has for an agent that does not listen for its own host. */
export const LISTENS_NOWHERE = 'off';

/** Where a program listens: a host without brackets, and a port from 1 to 65535. */
export interface ListenPlace {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `HOST:PORT`, an IPv6 address in brackets. Null for anything else. `localhost` is 127.0.0.1 alone: a second socket would have
 * limits of its own.
 */
export function listenPlaceOf(text: string): ListenPlace | null {
  const [, six, four, digits = ''] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = six ?? four;
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) return null;
  if (host === 'localhost' && six === undefined) return { host: '127.0.0.1', port };
  return isIpAddress(host) ? { host, port } : null;
}

/** Whether no other host reaches it. */
export function isLoopbackPlace(place: ListenPlace | null): boolean {
  return place !== null && isLoopback(place.host);
}
