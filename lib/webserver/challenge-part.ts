import { join } from 'node:path';
import { TOKENS_BELOW_WEBROOT } from '../challenge/challenge.ts';

/** The web servers that there is a part for. Traefik serves no files: it hands the requests on, as HAProxy does. */
export const PART_KINDS = ['nginx', 'apache', 'caddy', 'haproxy', 'traefik'] as const;

export type PartKind = (typeof PART_KINDS)[number];

/** Where a web server on this host alone serves the webroot, for who serves no files. */
const BEHIND = '127.0.0.1:9482';
/** Above what it gives the longest rule by itself. */
const TRAEFIK_PRIORITY = 100_000;
const URL_PATH = `/${TOKENS_BELOW_WEBROOT}/`;

/** Whether every web server takes a path as it stands, or in double quotes. */
export function isQuotable(webroot: string): boolean {
  return /^\/[^"'`\\$%{}#;\p{Cc}]*$/u.test(webroot);
}

/** What to add to a web server's configuration so that it serves the responses to challenges. Ends with a line feed. */
export function challengePart(kind: PartKind, webroot: string): string {
  return `${linesFor(kind, webroot).join('\n')}\n`;
}

function linesFor(kind: PartKind, webroot: string): readonly string[] {
  switch (kind) {
    case 'nginx':
      return nginxLocation(webroot);
    case 'apache':
      return apacheLines(quoted(`${join(webroot, TOKENS_BELOW_WEBROOT)}/`));
    case 'caddy':
      return [
        `handle ${URL_PATH}* {`,
        `    root * ${quoted(webroot)}`,
        '    header Content-Type text/plain',
        '    file_server',
        '}',
      ];
    case 'haproxy':
      return [
        '# in each frontend for port 80, before any other use_backend',
        `    use_backend certbot-ha if { path_beg ${URL_PATH} }`,
        '# HAProxy redirects before it chooses a backend: a redirect there has to leave the challenges out',
        `#   http-request redirect scheme https unless { path_beg ${URL_PATH} }`,
        '',
        '# beside the frontends',
        'backend certbot-ha',
        '    mode http',
        `    server webroot ${BEHIND}`,
        '',
        ...behind(webroot),
      ];
    case 'traefik':
      return [
        '# in a file of the file provider; "web" is the entry point for port 80',
        '# a redirection of that entry point wins over every router, unless the static configuration has',
        `# entryPoints.web.http.redirections.entryPoint.priority: ${TRAEFIK_PRIORITY - 1}`,
        'http:',
        '  routers:',
        '    certbot-ha:',
        '      entryPoints: [web]',
        `      rule: PathPrefix(\`${URL_PATH}\`)`,
        `      priority: ${TRAEFIK_PRIORITY}`,
        '      service: certbot-ha',
        '  services:',
        '    certbot-ha:',
        '      loadBalancer:',
        `        servers: [{ url: "http://${BEHIND}" }]`,
        '',
        ...behind(webroot),
      ];
  }
}

function nginxLocation(webroot: string): readonly string[] {
  return [`location ^~ ${URL_PATH} {`, `    root ${quoted(webroot)};`, '    default_type text/plain;', '}'];
}

function apacheLines(directory: string): readonly string[] {
  return [
    `Alias ${URL_PATH} ${directory}`,
    `<Directory ${directory}>`,
    '    AllowOverride None',
    '    Options None',
    '    Require all granted',
    '    ForceType text/plain',
    '</Directory>',
    // A virtual host that hands everything on would hand these on too.
    '<IfModule proxy_module>',
    `    <Location ${URL_PATH}>`,
    '        ProxyPass !',
    '    </Location>',
    '</IfModule>',
  ];
}

/** nginx, with a port that this host alone can reach. */
function behind(webroot: string): readonly string[] {
  return [
    '# /etc/nginx/conf.d/certbot-ha.conf, or any web server that serves the webroot there',
    'server {',
    `    listen ${BEHIND};`,
    ...nginxLocation(webroot).map((line) => `    ${line}`),
    '}',
  ];
}

function quoted(path: string): string {
  return /^[\w@+=:,./-]+$/.test(path) ? path : `"${path}"`;
}

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
