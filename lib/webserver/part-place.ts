import { join } from 'node:path';
import type { PartKind } from './challenge-part.ts';

/** Where a part goes. */
export interface PartPlace {
  readonly file: string;
  /** a link that puts it to use; null: none is needed */
  readonly link: { readonly name: string; readonly target: string } | null;
  /** the line that puts it to use, and where; null: it holds for everything */
  readonly use: string | null;
}

/**
 * Where a distribution has room for a part; null where it has none, or the web server has its configuration elsewhere.
 * @param isThere whether a directory is there
 */
export function placeFor(kind: PartKind, isThere: (directory: string) => boolean): PartPlace | null {
  switch (kind) {
    case 'nginx': {
      if (!isThere('/etc/nginx')) return null;
      const use = 'in each server for port 80: include snippets/certbot-ha.conf;';
      return { file: '/etc/nginx/snippets/certbot-ha.conf', link: null, use };
    }
    case 'apache': {
      // Red Hat's and SUSE's, which read every file of that name.
      const directory = ['/etc/httpd/conf.d', '/etc/apache2/conf.d'].find(isThere);
      if (isThere('/etc/apache2/conf-enabled') && directory !== '/etc/httpd/conf.d') {
        const target = '../conf-available/certbot-ha.conf';
        const link = { name: '/etc/apache2/conf-enabled/certbot-ha.conf', target };
        return { file: '/etc/apache2/conf-available/certbot-ha.conf', link, use: null };
      }
      return directory === undefined
        ? null
        : { file: join(directory, 'certbot-ha.conf'), link: null, use: null };
    }
    case 'caddy': {
      if (!isThere('/etc/caddy')) return null;
      const use = 'in each site for http:// in /etc/caddy/Caddyfile: import certbot-ha.caddy';
      return { file: '/etc/caddy/certbot-ha.caddy', link: null, use };
    }
    case 'haproxy':
    case 'traefik':
      return null;
  }
}
