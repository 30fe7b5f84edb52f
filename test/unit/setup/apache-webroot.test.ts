import { expect, test } from 'vitest';
import { apacheWebroot } from '../../../lib/setup/apache-webroot.ts';

const vhost = (
  inside: string,
) => `# Alias /.well-known/acme-challenge/ /srv/comment/.well-known/acme-challenge/
<VirtualHost *:80>
\tServerName a.example
\tDocumentRoot /var/www/html
\tProxyPass /.well-known/acme-challenge/ !
\tProxyPass / http://127.0.0.1:8080/
${inside}
</VirtualHost>
`;

test.for([
  ['an alias', 'Alias /.well-known/acme-challenge/ /srv/acme/.well-known/acme-challenge/', '/srv/acme'],
  [
    'one without slashes, in quotes',
    'alias "/.well-known/acme-challenge" "/srv/my acme/.well-known/acme-challenge"',
    '/srv/my acme',
  ],
  [
    'one of two lines',
    'Alias /.well-known/acme-challenge/ \\\n   /srv/acme/.well-known/acme-challenge/',
    '/srv/acme',
  ],
  ['one of all that is well known', 'Alias /.well-known/ /srv/all/.well-known/', '/srv/all'],
  [
    'the one for challenges, behind it',
    'Alias /.well-known/ /srv/all/.well-known/\nAlias /.well-known/acme-challenge/ /srv/acme/.well-known/acme-challenge/',
    '/srv/acme',
  ],
  [
    'a regular expression',
    String.raw`AliasMatch "^/\.well-known/acme-challenge/(.*)$" "/srv/acme/.well-known/acme-challenge/$1"`,
    '/srv/acme',
  ],
  [
    'one in a section for the path',
    '<Location "/.well-known/acme-challenge/">\n  Alias /srv/acme/.well-known/acme-challenge\n  Require all granted\n</Location>',
    '/srv/acme',
  ],
  [
    'a variable that is defined',
    'Define ACME /srv/acme\nAlias /.well-known/acme-challenge/ "${ACME}/.well-known/acme-challenge/"',
    '/srv/acme',
  ],
  ['no variable that is not', 'Alias /.well-known/acme-challenge/ ${ACME}/.well-known/acme-challenge/', null],
  ['no alias that ends elsewhere', 'Alias /.well-known/acme-challenge/ /srv/tokens/', null],
  [
    'no alias of a section before',
    '<Location /x>\n</Location>\nAlias /srv/acme/.well-known/acme-challenge',
    null,
  ],
  ['no other alias', 'Alias /.well-known/security.txt /srv/security/.well-known/security.txt', null],
  ['no document root, though the proxy leaves challenges to it', '', null],
] as const)('knows %s', ([, inside, expected]) => {
  expect(apacheWebroot(['ServerRoot "/etc/apache2"\n', vhost(inside)])).toBe(expected);
});

test.for(['"', '<Location', 'Alias "', 'Alias /.well-known/acme-challenge/ "/srv\n', '\\', '\u0000'])(
  'passes over %j',
  (text) => {
    expect(apacheWebroot([text])).toBeNull();
  },
);
