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

/**
 * What to add to a web server's configuration so that it serves the responses to challenges. Ends with a line feed.
 * @param lookup `HOST:PORT` of the agent that is asked for what the webroot lacks; null: nobody is
 */
export function challengePart(kind: PartKind, webroot: string, lookup: string | null): string {
  return `${linesFor(kind, webroot, lookup).join('\n')}\n`;
}

function linesFor(kind: PartKind, webroot: string, lookup: string | null): readonly string[] {
  switch (kind) {
    case 'nginx':
      return nginxLines(webroot, lookup);
    case 'apache':
      return apacheLines(quoted(`${join(webroot, TOKENS_BELOW_WEBROOT)}/`), lookup);
    case 'caddy':
      return caddyLines(webroot, lookup);
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
        '    timeout connect 1s',
        '    timeout server 5s',
        '    retries 0',
        `    server webroot ${BEHIND}`,
        '',
        ...behind(webroot, lookup),
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
        ...behind(webroot, lookup),
      ];
  }
}

function nginxLines(webroot: string, lookup: string | null): readonly string[] {
  const served = [`    root ${quoted(webroot)};`, '    default_type text/plain;'];
  if (lookup === null) return [`location ^~ ${URL_PATH} {`, ...served, '}'];
  return [
    `location ^~ ${URL_PATH} {`,
    ...served,
    '    try_files $uri @acme_peers;',
    '}',
    '# what this node lacks, its agent asks the other nodes for',
    'location @acme_peers {',
    `    proxy_pass http://${lookup};`,
    '    proxy_connect_timeout 1s;',
    '    proxy_read_timeout 3s;',
    '    proxy_cache off;',
    '    proxy_intercept_errors on;',
    '    error_page 400 404 431 500 502 503 504 = @acme_unknown;',
    '}',
    'location @acme_unknown {',
    '    return 404;',
    '}',
  ];
}

function apacheLines(directory: string, lookup: string | null): readonly string[] {
  const isLookedUp = lookup !== null;
  return [
    `Alias ${URL_PATH} ${directory}`,
    `<Directory ${directory}>`,
    '    AllowOverride None',
    // Without, mod_rewrite refuses to work in there.
    `    Options ${isLookedUp ? 'SymLinksIfOwnerMatch' : 'None'}`,
    '    Require all granted',
    '    ForceType text/plain',
    ...(isLookedUp ? apacheLookup(lookup) : []),
    '</Directory>',
    // A virtual host that hands everything on would hand these on too.
    '<IfModule proxy_module>',
    `    <Location ${URL_PATH}>`,
    '        ProxyPass !',
    '    </Location>',
    '</IfModule>',
    ...(isLookedUp
      ? [
          '<IfModule proxy_http_module>',
          `    <Proxy http://${lookup}${URL_PATH}>`,
          '        ProxySet connectiontimeout=1 timeout=3 retry=0 disablereuse=On',
          '    </Proxy>',
          '</IfModule>',
        ]
      : []),
  ];
}

function apacheLookup(lookup: string): readonly string[] {
  return [
    '    # what this node lacks, its agent asks the other nodes for',
    '    <IfModule rewrite_module>',
    '        <IfModule proxy_http_module>',
    '            RewriteEngine On',
    '            RewriteCond %{REQUEST_FILENAME} !-f',
    `            RewriteRule ^([A-Za-z0-9_-]+)$ http://${lookup}${URL_PATH}$1 [P]`,
    '        </IfModule>',
    '    </IfModule>',
  ];
}

function caddyLines(webroot: string, lookup: string | null): readonly string[] {
  const served = [`    root * ${quoted(webroot)}`, '    header Content-Type text/plain'];
  if (lookup === null) return [`handle ${URL_PATH}* {`, ...served, '    file_server', '}'];
  return [
    `handle ${URL_PATH}* {`,
    ...served,
    '    @acme_here file',
    '    handle @acme_here {',
    '        file_server',
    '    }',
    '    # what this node lacks, its agent asks the other nodes for',
    '    handle {',
    `        reverse_proxy ${lookup} {`,
    '            transport http {',
    '                dial_timeout 1s',
    '                response_header_timeout 3s',
    '            }',
    '        }',
    '    }',
    '}',
  ];
}

/** nginx, with a port that this host alone can reach. */
function behind(webroot: string, lookup: string | null): readonly string[] {
  return [
    '# /etc/nginx/conf.d/certbot-ha.conf, or any web server that serves the webroot there',
    'server {',
    `    listen ${BEHIND};`,
    ...nginxLines(webroot, lookup).map((line) => `    ${line}`),
    '}',
  ];
}

function quoted(path: string): string {
  return /^[\w@+=:,./-]+$/.test(path) ? path : `"${path}"`;
}
