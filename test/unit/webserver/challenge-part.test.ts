import { expect, test } from 'vitest';
import { DEFAULT_WEBROOT, WEB_SERVER_KINDS } from '../../../lib/cluster/schema.ts';
import { challengePart, isQuotable, PART_KINDS, placeFor } from '../../../lib/webserver/challenge-part.ts';
import { configurationFor, defaultCommands } from '../../../lib/webserver/kinds.ts';
import { blocksIn, readPage } from '../../support/markdown.ts';

const LIVE = '/etc/letsencrypt/live/www.example.com';

test.for(PART_KINDS)('docs/web-servers/%s.md shows the part, and where it is put', async (kind) => {
  const page = await readPage(`docs/web-servers/${kind}.md`);
  expect(blocksIn(page).map(({ text }) => text)).toContain(challengePart(kind, DEFAULT_WEBROOT));
  expect(page).toContain(`\`certbot-ha snippet ${kind}\``);
  for (const isThere of [true, false]) {
    const place = placeFor(kind, () => isThere);
    expect(page).toContain(place === null ? 'There is no `--write`' : `\`${place.file}\``);
  }
});

test.for(WEB_SERVER_KINDS.filter((kind) => kind !== 'none'))(
  'docs/web-servers/%s.md shows what serves the certificate, and what is run',
  async (kind) => {
    const page = await readPage(`docs/web-servers/${kind}.md`);
    const shown = blocksIn(page).map(({ text }) => text);
    for (const line of configurationFor(kind, LIVE)) expect(shown.join()).toContain(` ${line}\n`);
    for (const hasSystemd of [true, false]) {
      const { test: tested, reload } = defaultCommands(kind, hasSystemd);
      for (const command of [tested, reload]) expect(page).toContain(`\`${command?.join(' ')}\``);
    }
  },
);

test('docs/by-hand.md has the one for nginx', async () => {
  expect(await readPage('docs/by-hand.md')).toContain(challengePart('nginx', DEFAULT_WEBROOT));
});

test.for(PART_KINDS)('quotes a webroot with a space for %s', (kind) => {
  const quoted = kind === 'apache' ? '"/srv/my acme/.well-known/acme-challenge/"' : '"/srv/my acme"';
  expect(challengePart(kind, '/srv/my acme')).toContain(quoted);
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
