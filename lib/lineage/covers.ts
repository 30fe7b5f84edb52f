import { isIpAddress, normalAddress } from '../net/address.ts';

/**
 * Whether one of a certificate's names stands for the identifier (RFC 9525, section 6.3): equal
 * without regard to case, or a wildcard for exactly its leftmost label. An IP address is only ever
 * equal, in any of its spellings, and a wildcard identifier is covered by itself alone.
 */
export function covers(certificateNames: readonly string[], identifier: string): boolean {
  const wanted = normalAddress(identifier);
  const parent = /^[^.]+(\..+)$/.exec(wanted)?.[1];
  return certificateNames.some((name) => {
    const offered = normalAddress(name);
    if (offered === wanted) return true;
    return parent !== undefined && !isIpAddress(wanted) && offered === `*${parent}`;
  });
}
