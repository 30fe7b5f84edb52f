import { expect, test } from 'vitest';
import { nginxWebroot } from '../../../lib/webserver/nginx-webroot.ts';

const server = (inside: string) => `# configuration file /etc/nginx/nginx.conf:
events { worker_connections 768; }
http {
    log_format main '$remote_addr { "$request"; }'; # a comment; with { all
    server {
        listen 80; root /var/www/html;
        location / { return 301 https://$host$request_uri; }
        ${inside}
    }
}
`;

test.for([
  [
    'a root',
    'location ^~ /.well-known/acme-challenge/ { root /srv/acme/; default_type text/plain; }',
    '/srv/acme',
  ],
  [
    'an alias',
    'location /.well-known/acme-challenge/ { alias /srv/acme/.well-known/acme-challenge/; }',
    '/srv/acme',
  ],
  [
    'an alias of what is above',
    'location /.well-known { alias "/srv/my acme/.well-known"; }',
    '/srv/my acme',
  ],
  [
    'a regular expression',
    String.raw`location ~ /\.well-known/acme-challenge { allow all; root /srv/acme; }`,
    '/srv/acme',
  ],
  [
    'one within a condition',
    "location ~* '^/.well-known/' { if ($scheme = http) { root /srv/acme; } }",
    '/srv/acme',
  ],
  ['no single file', 'location = /.well-known/security.txt { root /srv/security; }', null],
  ['no other part of it', 'location /.well-known/mta-sts.txt { root /srv/mta; }', null],
  [
    'no dotfiles that are denied',
    String.raw`location ~ /\.(?!well-known/acme-challenge) { root /srv/dots; }`,
    null,
  ],
  [
    'the one for challenges, behind others',
    'location /.well-known/ { root /srv/all; } location ^~ /.well-known/acme-challenge/ { root /srv/acme; }',
    '/srv/acme',
  ],
  [
    'one for all, but nothing of a location in it',
    'location /.well-known/ { location /.well-known/security.txt { root /srv/security; } root /srv/all; }',
    '/srv/all',
  ],
  [
    'one of several that a regular expression names',
    String.raw`location ~ ^/\.well-known/(acme-challenge|pki-validation)/ { root /srv/acme; }`,
    '/srv/acme',
  ],
  ['no alias that ends elsewhere', 'location /.well-known/acme-challenge/ { alias /srv/tokens/; }', null],
  ['no root with a variable', 'location /.well-known/ { root /srv/$host; }', null],
  [
    'no location without one',
    'location /.well-known/acme-challenge/ { proxy_pass http://127.0.0.1:8080; }',
    null,
  ],
  ['no other location', 'location /static/ { root /srv/static; }', null],
] as const)('knows %s', ([, inside, expected]) => {
  expect(nginxWebroot(server(inside))).toBe(expected);
});

test('finds it in a dump that begins in the middle', () => {
  const dump = server('location /.well-known/acme-challenge/ { root /srv/acme; }');
  expect(nginxWebroot(dump.slice(dump.indexOf('return 301')))).toBe('/srv/acme');
  expect(nginxWebroot('')).toBeNull();
});
