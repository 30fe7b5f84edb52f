import * as v from 'valibot';

// node:net knows addresses as well, but costs a hook that only records some 2 ms to load.
const IPV4 = v.pipe(v.string(), v.ipv4());
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?)*\.?$/i;
const LOOKS_LIKE_IPV4 = /^[0-9.]+$/;

export function isIpv6(value: string): boolean {
  // As a URL takes it, where it will stand: valibot's pattern knows a zone as well, and 192.00.2.1 in its last part.
  return value.includes(':') && /^[\da-f:.]+$/i.test(value) && URL.canParse(`http://[${value}]/`);
}

/** An address that leads no further than this host: 127.0.0.0/8 or ::1, in any spelling. */
export function isLoopback(address: string): boolean {
  return /^127\.|^::1$|^::ffff:7f[0-9a-f]{2}:/.test(normalAddress(address));
}

/** An IPv4 or IPv6 address, without brackets or zone. */
export function isIpAddress(value: string): boolean {
  return v.is(IPV4, value) || isIpv6(value);
}

/** A DNS name (RFC 1123, and underscores, which some have anyway). */
export function isHostName(value: string): boolean {
  return HOST_NAME.test(value) && !LOOKS_LIKE_IPV4.test(value);
}

/** One spelling of an address or a name, so that two spellings of one can be told; without its zone. */
export function normalAddress(address: string): string {
  // What is no IPv6 address has no zone: `web1%` is not web1.
  const bare = address.includes(':') ? address.replace(/%.*$/s, '') : address;
  return isIpv6(bare)
    ? new URL(`http://[${bare}]/`).hostname.slice(1, -1)
    : bare.toLowerCase().replace(/\.$/, '');
}

/** As it stands in a URL or behind `user@`: an IPv6 address in brackets. */
export function bracketed(address: string): string {
  return isIpv6(address) ? `[${address}]` : address;
}
