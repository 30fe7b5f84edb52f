import { join } from 'node:path';
import type { WebServerKind } from './commands.ts';

/** Where a web server expects the certificate with its chain, and the key: one file for both, or two. */
export interface ExpectedFiles {
  readonly certificate: string;
  readonly key: string;
}

/** @param live the lineage's directory below live/ */
export function expectedFiles(kind: WebServerKind, live: string): ExpectedFiles {
  // haproxy(1), crt: made beside the lineage by certbot-ha.
  if (kind === 'haproxy') return { certificate: join(live, 'haproxy.pem'), key: join(live, 'haproxy.pem') };
  return { certificate: join(live, 'fullchain.pem'), key: join(live, 'privkey.pem') };
}

/**
 * What to add to the web server's configuration so that it serves a lineage, a line each. The
 * paths are those below live/, which stay the same from one certificate to the next.
 */
export function configurationFor(kind: WebServerKind, live: string): readonly string[] {
  const { certificate, key } = expectedFiles(kind, live);
  switch (kind) {
    case 'nginx':
      return [`ssl_certificate ${certificate};`, `ssl_certificate_key ${key};`];
    case 'apache':
      return [`SSLCertificateFile ${certificate}`, `SSLCertificateKeyFile ${key}`];
    case 'caddy':
      return [`tls ${certificate} ${key}`];
    case 'haproxy':
      return [`bind :443 ssl crt ${certificate}`];
    case 'none':
      return [`certificate: ${certificate}`, `key: ${key}`];
  }
}
