import { expect, test } from 'vitest';
import { caddyWebroot } from '../../../lib/setup/caddy-webroot.ts';

// As `caddy adapt` of Caddy 2.6.2 prints them; what it makes of a Caddyfile is in test/integration/webroots.test.ts.
const PATH = { path: ['/.well-known/acme-challenge/*'] };
const files = { handler: 'file_server', hide: ['/etc/caddy/Caddyfile'] };
const vars = (root: string) => ({ handler: 'vars', root });
const routes = (...all: readonly object[]) => ({ handler: 'subroute', routes: all });
const configOf = (...handle: readonly object[]) =>
  JSON.stringify({ apps: { http: { servers: { srv0: { listen: [':80'], routes: handle } } } } });

test.for<readonly [string, string, string | null]>([
  [
    'handle',
    configOf({ match: [PATH], handle: [routes({ handle: [vars('/srv/acme'), files] })] }),
    '/srv/acme',
  ],
  [
    'a root with a matcher, in a site',
    configOf({
      match: [{ host: ['a.example'] }],
      handle: [
        routes(
          { handle: [vars('/srv/acme/')], match: [PATH] },
          { handle: [vars('/var/www')] },
          { handle: [files] },
        ),
      ],
    }),
    '/srv/acme',
  ],
  [
    'a root of the file server',
    configOf({ match: [PATH], handle: [{ ...files, root: '/srv/acme' }] }),
    '/srv/acme',
  ],
  [
    'handle_path, whose directory stands for the path',
    configOf({
      match: [PATH],
      handle: [
        routes(
          { handle: [{ handler: 'rewrite', strip_path_prefix: '/.well-known/acme-challenge' }] },
          { handle: [vars('/srv/acme/.well-known/acme-challenge'), files] },
        ),
      ],
    }),
    '/srv/acme',
  ],
  [
    'no handle_path that ends elsewhere',
    configOf({
      match: [PATH],
      handle: [
        routes(
          { handle: [{ handler: 'rewrite', strip_path_prefix: '/x' }] },
          { handle: [vars('/srv/tokens')] },
        ),
      ],
    }),
    null,
  ],
  [
    'a regular expression',
    configOf({
      match: [{ path_regexp: { pattern: '^/.well-known/acme-challenge/' } }],
      handle: [vars('/srv/acme')],
    }),
    '/srv/acme',
  ],
  [
    'all that is well known',
    configOf({ match: [{ path: ['/.well-known/*'] }], handle: [vars('/srv/all')] }),
    '/srv/all',
  ],
  ['no root of a site', configOf({ handle: [vars('/usr/share/caddy'), files] }), null],
  [
    'no root of another path within',
    configOf({ match: [PATH], handle: [routes({ match: [{ path: ['/x'] }], handle: [vars('/srv/x')] })] }),
    null,
  ],
  ['no variable', configOf({ match: [PATH], handle: [vars('/srv/{http.request.host}')] }), null],
  ['no proxy', configOf({ match: [PATH], handle: [{ handler: 'reverse_proxy' }] }), null],
  ['nothing', '{}', null],
  ['no list of numbers', '{"match":[1,{"path":[2]}],"handle":3}', null],
])('knows %s', ([, config, expected]) => {
  expect(caddyWebroot(config)).toBe(expected);
});

test('ends, however deep it is', () => {
  expect(caddyWebroot(`${'['.repeat(5_000)}${']'.repeat(5_000)}`)).toBeNull();
});
