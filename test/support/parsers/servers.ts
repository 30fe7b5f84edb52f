import { expect } from 'vitest';
import { apacheWebroot } from '../../../lib/setup/apache-webroot.ts';
import { caddyWebroot } from '../../../lib/setup/caddy-webroot.ts';
import { glob } from '../../../lib/setup/glob.ts';
import { haproxyChallenges } from '../../../lib/setup/haproxy-challenges.ts';
import { readKeepalived } from '../../../lib/setup/keepalived.ts';
import { isIpAddress } from '../../../lib/net/address.ts';
import { nginxChallenges } from '../../../lib/webserver/nginx-challenges.ts';
import { nginxWebroot } from '../../../lib/webserver/nginx-webroot.ts';
import { expectWords } from '../strange/words.ts';
import { near, nearJson } from './near.ts';
import type { Parser } from './parser.ts';

const NGINX = `server { listen 80; root /srv/a;
  location ^~ /.well-known/acme-challenge/ { root "/usr/share/nginx/letsencrypt"; try_files $uri =404; }
  location /.well-known/ { alias /srv/b/.well-known/; } # a comment
}\n`;
const APACHE = `Define ROOT /srv/le
Alias "/.well-known/acme-challenge/" "\${ROOT}/.well-known/acme-challenge/"
AliasMatch ^/\\.well-known/(.*)$ /srv/le/.well-known/$1
<Location "/.well-known/acme-challenge"> \\
  Alias /srv/x/.well-known/acme-challenge
</Location>\n`;
const HAPROXY = `frontend http # x
  acl acme path_beg '/.well-known/acme-challenge/'
  use_backend le if acme !{ path /x }
backend le
  server a "127.0.0.1:8080" check\n`;
const KEEPALIVED = `global_defs { router_id a }
$VIP=192.0.2.10/24
include /etc/keepalived/conf.d/*.conf
@^web2 vrrp_instance VI_1 {
  interface eth0 # x
  unicast_src_ip 192.0.2.1
  unicast_peer {
    192.0.2.2 ! y
  }
  virtual_ipaddress {
    \${VIP} brd 192.0.2.255 dev eth0 label "a:b"
  }
}\n`;
const [MAIN, INCLUDED] = ['/etc/keepalived/keepalived.conf', '$B=192.0.2.3\n'];
const CADDY = {
  apps: {
    http: {
      servers: {
        srv0: {
          routes: [
            {
              match: [{ path: ['/.well-known/acme-challenge/*'] }],
              handle: [{ handler: 'vars', root: '/srv/le' }, { handler: 'file_server' }],
            },
            {
              match: [{ path_regexp: { pattern: '^/.well-known/' } }],
              handle: [{ handler: 'subroute', routes: [] }],
            },
          ],
        },
      },
    },
  },
};
const BLOCKS = [
  '{',
  '}',
  '"',
  "'",
  '\\',
  ';',
  '#',
  '\n',
  '${',
  'location ',
  '/.well-known',
  '/.well-known/acme-challenge/',
  'root ',
  'include ',
];

const expectPlace = (root: string | null) => expect(root ?? '/').toMatch(/^\//);

/** What programs beside certbot-ha are configured by, and what an operator has written. */
export const SERVERS: readonly Parser[] = [
  {
    what: 'what nginx -T prints',
    input: near([NGINX], BLOCKS),
    holds: (text) => {
      expectPlace(nginxWebroot(text));
      expect(['served', 'unsure', 'missing', 'elsewhere']).toContain(nginxChallenges(text, '/srv/a').is);
    },
  },
  {
    what: 'a configuration of Apache',
    input: near([APACHE], [...BLOCKS, 'Alias ', 'Define ', '<Location ']),
    holds: (text) => expectPlace(apacheWebroot([text])),
  },
  {
    what: 'what caddy adapt prints',
    input: nearJson([CADDY], ['[[[[', '{"a":', '/.well-known']),
    holds: (text) => {
      try {
        expectPlace(caddyWebroot(text));
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
    },
  },
  {
    what: 'a configuration of HAProxy',
    input: near([HAPROXY], [...BLOCKS, 'acl ', 'use_backend ', 'backend ']),
    holds: (text) => {
      const found = haproxyChallenges([text]);
      expectWords(...(found === null ? [] : [found]));
    },
  },
  {
    what: 'a configuration of keepalived',
    share: 30,
    input: near(
      [KEEPALIVED],
      [...BLOCKS, '$VIP', '${VIP}', '$A=$A$A', '@web1 ', '@^', '*', '?', '[a-z]', '!', '\\\n'],
    ),
    holds: async (text) => {
      const reader = {
        text: async (file: string) => (file === MAIN ? text : INCLUDED),
        names: async () => ['a.conf', `${'a'.repeat(250)}x`],
      };
      const { instances, unreadable } = await readKeepalived(MAIN, {
        hostname: 'web1.test',
        reader,
      });
      expectWords(...unreadable);
      for (const { vips, peers } of instances) expect([...vips, ...peers].every(isIpAddress)).toBe(true);
    },
  },
  {
    what: 'a pattern for files',
    input: near(
      ['/etc/keepalived/*.conf', '/a/{b,c}/[!x]?*', '/etc/[a-c]*/x'],
      ['*', '?', '[', ']', '{', '}', ',', '*a', '/'],
    ),
    holds: async (pattern) => {
      const names = ['a.conf', 'x', '.hidden', 'a'.repeat(255), 'a]b\\c'];
      for (const file of await glob(pattern.slice(0, 4_096), async () => names))
        expect(typeof file).toBe('string');
    },
  },
];
