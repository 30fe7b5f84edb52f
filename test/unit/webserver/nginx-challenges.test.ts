import { expect, test } from 'vitest';
import { nginxChallenges } from '../../../lib/webserver/nginx-challenges.ts';

const ROOT = '/srv/acme';
const PATH = '/.well-known/acme-challenge/';

/** As `nginx -T` prints it: each file once, whatever includes it. */
const dump = (inside: string, beside = '') => `# configuration file /etc/nginx/nginx.conf:
http { include /etc/nginx/sites-enabled/*; }
# configuration file /etc/nginx/sites-enabled/site:
server { listen 80; root /var/www/html; location / { return 301 https://$host$request_uri; } ${inside} }
# configuration file /etc/nginx/beside.conf:
${beside}
`;
const is = (inside: string, beside?: string) => nginxChallenges(dump(inside, beside), ROOT).is;

test.for([
  ['the location', `location ^~ ${PATH} { default_type text/plain; root "${ROOT}"; }`],
  ['a root that ends with a slash', `location ${PATH} { root ${ROOT}/; }`],
  ['all that is well known', `location /.well-known/ { root ${ROOT}; }`],
  ['a regular expression', String.raw`location ~ ^/\.well-known/acme-challenge/ { root ${ROOT}; }`],
  ['an alias', `location ${PATH} { alias ${ROOT}${PATH}; }`],
  ['one of several', `location ${PATH} { root /srv/other; } location ${PATH} { root ${ROOT}; }`],
] as const)('served: %s', ([, inside]) => {
  expect(is(inside)).toBe('served');
  // What is included by a server stands outside of it.
  expect(is('include beside.conf;', inside)).toBe('served');
});

test.for([
  ['handed on', `location ${PATH} { proxy_pass http://127.0.0.1:8402; }`],
  ['a variable', `location ${PATH} { root $acme; }`],
  ['below its prefix', `location ${PATH} { root html; }`],
  ['an alias that may be a link', `location ${PATH} { alias /srv/tokens/; }`],
  ['one of several is handed on', `location ${PATH} { root /srv/other; } location ${PATH} { return 404; }`],
  ['the root of another location', String.raw`location ~ ^/\.(well|other) { root ${ROOT}; }`],
  ['that of the server', `} server { listen 80; root ${ROOT};`],
  ['that of the server, elsewhere in the location', `root ${ROOT}; location ${PATH} { root /srv/other; }`],
] as const)('unsure: %s', ([, inside]) => {
  expect(is(inside)).toBe('unsure');
});

test.for([
  ['nothing of it', ''],
  ['in a comment', `# location ${PATH} { root ${ROOT}; }`],
  ['a single file', `location = /.well-known/security.txt { root /srv/security; }`],
  ['all handed on', 'location /app { proxy_pass http://127.0.0.1:3000; }'],
  ['denied dotfiles', String.raw`location ~ /\.(?!well-known/acme-challenge) { deny all; }`],
] as const)('missing: %s', ([, inside]) => {
  expect(is(inside)).toBe('missing');
});

test('elsewhere: other directories, each once', () => {
  const inside = `location ${PATH} { root /srv/other; } location /.well-known { root /srv/other/; }`;
  expect(nginxChallenges(dump(inside), ROOT)).toEqual({ is: 'elsewhere', roots: ['/srv/other'] });
});
