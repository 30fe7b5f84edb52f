import type { X509Certificate } from 'node:crypto';

/** The DNS names and IP addresses that a certificate is for (RFC 5280, section 4.2.1.6). */
export function namesOf(certificate: X509Certificate): readonly string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .flatMap((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1] ?? []);
}
