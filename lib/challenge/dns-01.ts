import { domainToASCII } from 'node:url';
import { CertbotHaError } from '../base/errors.ts';
import { isHostName, isIpAddress } from '../net/address.ts';

/** What one DNS-01 challenge asks for (RFC 8555, section 8.4). */
export interface DnsChallenge {
  /** a DNS name, which a wildcard may have with its star or without */
  readonly identifier: string;
  /** the SHA-256 of the key authorization, as 43 characters of base64url */
  readonly value: string;
  /** the name that its record has been given, where CNAME records lead elsewhere; absent: its own, or none yet */
  readonly placedAt?: string | undefined;
}

/** A TXT record: the name without a dot at its end, in lower case, in ASCII. */
export interface TxtRecord {
  readonly name: string;
  readonly value: string;
  /** where it is looked for instead of where CNAME records lead now */
  readonly placedAt?: string | undefined;
}

const LABEL = '_acme-challenge';
const VALUE = /^[A-Za-z0-9_-]{43}$/;

/** Whether it can be the value of a DNS-01 challenge. */
export function isDnsValue(value: string): boolean {
  return VALUE.test(value);
}

/**
 * The record that the CA asks for. A name and its wildcard have one record's name in common, with a value each.
 * @throws {CertbotHaError} `environment` for an IP address, for a name that cannot have such a record, and for what is no such value
 */
export function recordOf({ identifier, value }: DnsChallenge): TxtRecord {
  if (isIpAddress(identifier))
    throw new CertbotHaError('environment', { code: 'dns-for-address', identifier });
  const bare = domainToASCII(identifier.replace(/^\*\./, '')).replace(/\.$/, '');
  const name = `${LABEL}.${bare}`;
  if (bare === '' || !isHostName(bare) || !isHostName(name))
    throw new CertbotHaError('environment', { code: 'dns-for-no-name', identifier });
  if (!isDnsValue(value))
    throw new CertbotHaError('environment', { code: 'dns-value-invalid', identifier, length: value.length });
  return { name, value };
}
