import type { X509Certificate } from 'node:crypto';
import type { Leaf } from './bundle.ts';

/** What tells this certificate from the others of its lineage. */
export function leafOf(certificate: X509Certificate): Leaf {
  return {
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    serial: certificate.serialNumber,
    notBefore: new Date(certificate.validFrom).toISOString(),
    notAfter: new Date(certificate.validTo).toISOString(),
  };
}
