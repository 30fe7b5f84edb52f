import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { DEFAULT_WEBROOT } from '../../../lib/cluster/schema.ts';
import { challengePart, isQuotable, PART_KINDS } from '../../../lib/webserver/challenge-part.ts';

const pageOf = async (name: string) => await readFile(new URL(`../../../${name}`, import.meta.url), 'utf8');

test.for(PART_KINDS)('docs/set-up.md shows the part for %s', async (kind) => {
  const page = await pageOf('docs/set-up.md');
  const blocks = [...page.matchAll(/^```\w+\n([^]*?)^```$/gm)].map(([, text]) => text);
  expect(blocks).toContain(challengePart(kind, DEFAULT_WEBROOT));
});

test('README.md has the one for nginx', async () => {
  expect(await pageOf('README.md')).toContain(challengePart('nginx', DEFAULT_WEBROOT));
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
