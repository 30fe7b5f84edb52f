import { join } from 'node:path';
import type { WebServerKind } from './commands.ts';

/**
 * What to add to the web server's configuration so that it serves a lineage, a line each. The
 * paths are those below live/, which stay the same from one certificate to the next.
 */
export function configurationFor(kind: WebServerKind, lineage: string): readonly string[] {
  const certificate = join(lineage, 'fullchain.pem');
  const key = join(lineage, 'privkey.pem');
  switch (kind) {
    case 'nginx':
      return [`ssl_certificate ${certificate};`, `ssl_certificate_key ${key};`];
    case 'apache':
      return [`SSLCertificateFile ${certificate}`, `SSLCertificateKeyFile ${key}`];
    case 'caddy':
      return [`tls ${certificate} ${key}`];
    case 'haproxy':
      // One file for both, which certbot-ha makes beside the lineage.
      return [`bind :443 ssl crt ${join(lineage, 'haproxy.pem')}`];
    case 'none':
      return [`certificate: ${certificate}`, `key: ${key}`];
  }
}
