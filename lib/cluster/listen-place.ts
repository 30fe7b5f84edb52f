import { isIpAddress, isLoopback } from '../net/address.ts';

/** Where a program listens: a host without brackets, and a port from 1 to 65535. */
export interface ListenPlace {
  readonly host: string;
  readonly port: number;
}

/** Reads `HOST:PORT`, an IPv6 address in brackets. Null for anything else. */
export function listenPlaceOf(text: string): ListenPlace | null {
  const [, six, four, digits = ''] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = six ?? four;
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) return null;
  const isHost = host === 'localhost' ? six === undefined : isIpAddress(host);
  return isHost ? { host, port } : null;
}

/** Whether no other host reaches it. */
export function isLoopbackPlace(place: ListenPlace | null): boolean {
  return place !== null && (place.host === 'localhost' || isLoopback(place.host));
}
