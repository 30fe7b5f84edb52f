import { expect, test } from 'vitest';
import { DEFAULT_ADMIN_LISTEN } from '../../../lib/cluster/listen-place.ts';
import { DEFAULT_WEBROOT, WEB_SERVER_KINDS } from '../../../lib/cluster/schema.ts';
import { challengePart, isQuotable, PART_KINDS } from '../../../lib/webserver/challenge-part.ts';
import { placeFor } from '../../../lib/webserver/part-place.ts';
import { configurationFor, defaultCommands } from '../../../lib/webserver/kinds.ts';
import { blocksIn, readPage } from '../../support/markdown.ts';

const LIVE = '/etc/letsencrypt/live/www.example.com';

const DIRECTORIES = [
  '/etc/nginx',
  '/etc/caddy',
  '/etc/httpd/conf.d',
  '/etc/apache2/conf-enabled',
  '/etc/apache2/conf.d',
];

test.for(PART_KINDS)('docs/web-servers/%s.md shows the part, and where it is put', async (kind) => {
  const page = await readPage(`docs/web-servers/${kind}.md`);
  expect(blocksIn(page).map(({ text }) => text)).toContain(
    challengePart(kind, DEFAULT_WEBROOT, DEFAULT_ADMIN_LISTEN),
  );
  expect(page).toContain(`\`certbot-ha snippet ${kind}\``);
  const files = DIRECTORIES.flatMap((only) => placeFor(kind, (directory) => directory === only)?.file ?? []);
  for (const shown of files.length > 0 ? files.map((file) => `\`${file}\``) : ['There is no `--write`']) {
    expect(page).toContain(shown);
  }
});

test.for(WEB_SERVER_KINDS.filter((kind) => kind !== 'none'))(
  'docs/web-servers/%s.md shows what serves the certificate, and what is run',
  async (kind) => {
    const page = await readPage(`docs/web-servers/${kind}.md`);
    const shown = blocksIn(page).map(({ text }) => text);
    for (const line of configurationFor(kind, LIVE)) expect(shown.join()).toContain(` ${line}\n`);
    for (const hasSystemd of [true, false]) {
      const { test: tested, reload } = defaultCommands(kind, hasSystemd, () => false);
      for (const command of [tested, reload]) expect(page).toContain(`\`${command?.join(' ')}\``);
    }
  },
);

test('docs/by-hand.md has the one for nginx', async () => {
  expect(await readPage('docs/by-hand.md')).toContain(
    challengePart('nginx', DEFAULT_WEBROOT, DEFAULT_ADMIN_LISTEN),
  );
});

test.for(PART_KINDS)('quotes a webroot with a space for %s', (kind) => {
  const quoted = kind === 'apache' ? '"/srv/my acme/.well-known/acme-challenge/"' : '"/srv/my acme"';
  for (const lookup of [null, DEFAULT_ADMIN_LISTEN])
    expect(challengePart(kind, '/srv/my acme', lookup)).toContain(quoted);
});

test.for(PART_KINDS)('the part for %s asks the agent where it is to, and else nobody', (kind) => {
  expect(challengePart(kind, DEFAULT_WEBROOT, '[::1]:9999')).toContain('[::1]:9999');
  const without = challengePart(kind, DEFAULT_WEBROOT, null);
  expect(without).not.toMatch(/9481|proxy_pass|reverse_proxy|Rewrite/);
  expect(without).toContain(kind === 'apache' ? 'Options None' : DEFAULT_WEBROOT);
});

test('a redirect to https leaves the challenges to HAProxy', () => {
  const lines = challengePart('haproxy', DEFAULT_WEBROOT, DEFAULT_ADMIN_LISTEN).split('\n');
  const used = lines.findIndex((line) => line.trim().startsWith('use_backend certbot-ha if'));
  expect(lines.slice(used)).toContainEqual(
    expect.stringMatching(
      /^# .*redirect scheme https unless \{ path_beg \/\.well-known\/acme-challenge\/ \}$/,
    ),
  );
});

test('a redirection of Traefik’s entry point comes after the challenges', () => {
  const part = challengePart('traefik', DEFAULT_WEBROOT, DEFAULT_ADMIN_LISTEN);
  const [, redirection] = /redirections\.entryPoint\.priority: (\d+)$/m.exec(part) ?? [];
  const [, router] = /^ {6}priority: (\d+)$/m.exec(part) ?? [];
  expect(Number(redirection)).toBeLessThan(Number(router));
});

test.for([
  ['/srv/acme', true],
  ['/srv/my acme', true],
  ['/srv/äöü', true],
  ['/srv/a"b', false],
  ["/srv/a'b", false],
  ['/srv/$host', false],
  ['/srv/{a}', false],
  ['/srv/a;b', false],
  ['/srv/a\nb', false],
  ['srv', false],
] as const)('%j can be named by every web server: %s', ([webroot, can]) => {
  expect(isQuotable(webroot)).toBe(can);
});
