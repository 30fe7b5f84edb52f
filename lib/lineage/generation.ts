import type { X509Certificate } from 'node:crypto';

/** What tells this certificate from the others of its lineage. */
export function leafOf(certificate: X509Certificate): Leaf {
  return {
    sha256: idOf(certificate),
    serial: certificate.serialNumber,
    notBefore: isoOf(certificate.validFrom),
    notAfter: isoOf(certificate.validTo),
  };
}

/** A certificate of somebody else may have a date that is none, and is as good as over then. */
function isoOf(date: string): string {
  const time = Date.parse(date);
  return new Date(Number.isNaN(time) ? 0 : time).toISOString();
}

/** The SHA-256 of a certificate's DER, as a bundle's id has it. */
export function idOf({ fingerprint256 }: Pick<X509Certificate, 'fingerprint256'>): string {
  return fingerprint256.replaceAll(':', '').toLowerCase();
}

/** What tells one generation of a lineage from another. */
export interface Leaf {
  /** SHA-256 of the leaf's DER, 64 hexadecimal characters in lower case: the bundle's id */
  readonly sha256: string;
  readonly serial: string;
  /** ISO 8601 */
  readonly notBefore: string;
  readonly notAfter: string;
}

/** A generation as `compareAge` sees it. */
export interface Generation extends Pick<Leaf, 'sha256'> {
  /** ISO 8601 with milliseconds: what `stamp.ts` tells of */
  readonly stamp: string;
}

/** A generation that a node has had. */
export interface OtherGeneration extends Generation {
  /** nobody has set its stamp: it is the notBefore, and counts where nobody knows better */
  readonly isUnset?: boolean;
  /** ISO 8601 */
  readonly notAfter: string;
}

/**
 * Which of two generations is the newer: by stamp, then by SHA-256, so that every node decides alike.
 * Positive when `one` is the newer, 0 when they are the same.
 */
export function compareAge(one: Generation, other: Generation): number {
  if (one.sha256 === other.sha256) return 0;
  const difference = Date.parse(one.stamp) - Date.parse(other.stamp);
  return difference === 0 ? (one.sha256 > other.sha256 ? 1 : -1) : difference;
}

/** `2027-02-03T04:05:06Z` */
export function timeOf(date: string): string {
  return new Date(date).toISOString().replace('.000Z', 'Z');
}
