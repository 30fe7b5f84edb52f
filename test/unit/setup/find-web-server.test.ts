import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findWebServer } from '../../../lib/setup/find-web-server.ts';
import { expect, test } from '../../support/temporary.ts';

const MAX_CHARS = 10_000;
const LOCATION = 'location /.well-known/acme-challenge/ { root /srv/acme; }';

/** A host with these programs: name and script. */
async function find(
  directory: string,
  programs: Readonly<Record<string, string>>,
  { isWebrootWanted = true, maxChars }: { isWebrootWanted?: boolean; maxChars?: number } = {},
) {
  const bin = join(directory, 'bin');
  await mkdir(bin);
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  const { signal } = new AbortController();
  return await findWebServer({
    env: { PATH: bin },
    signal,
    isWebrootWanted,
    ...(maxChars !== undefined && { maxChars }),
    adminPath: ['/usr/bin', '/bin'].map((path) => join(directory, path)),
  });
}

/** systemctl is-active, for these units alone. */
const active = (...units: readonly string[]) =>
  `shift; for unit; do case " ${units.join(' ')} " in *" $unit "*) echo active;; *) echo inactive;; esac; done`;

test.for([
  ['none', {}, null, []],
  ['the only one', { apache2: '' }, 'apache', ['apache']],
  ['Red Hat’s name of it', { httpd: '', systemctl: active('httpd') }, 'apache', ['apache']],
  [
    'the one that is active',
    { caddy: '', haproxy: '', systemctl: active('haproxy') },
    'haproxy',
    ['haproxy'],
  ],
  ['none of several', { caddy: '', haproxy: '', systemctl: active() }, null, ['caddy', 'haproxy']],
  [
    'none of several that are active',
    { caddy: '', haproxy: '', systemctl: active('caddy', 'haproxy') },
    null,
    ['caddy', 'haproxy'],
  ],
] as const)('finds %s', async ([, programs, kind, candidates], { directory }) => {
  expect(await find(directory, programs)).toEqual({ kind, candidates, webroot: null, problems: [] });
});

test('asks nginx for its webroot', async ({ directory }) => {
  const nginx = `[ "$*" = -T ] && echo 'server { ${LOCATION} }'`;
  expect(await find(directory, { nginx })).toMatchObject({
    kind: 'nginx',
    webroot: '/srv/acme',
    problems: [],
  });
});

test('asks nobody whom nobody wants to know it from', async ({ directory }) => {
  const found = await find(directory, { nginx: 'exit 1' }, { isWebrootWanted: false });
  expect(found).toMatchObject({ kind: 'nginx', webroot: null, problems: [] });
});

test('tells that nginx does not say', async ({ directory }) => {
  expect(await find(directory, { nginx: 'echo "[emerg]" >&2; exit 1' })).toMatchObject({
    ...{ webroot: null, problems: [{ code: 'webroot-not-known', command: 'nginx -T', end: 'exit 1' }] },
  });
});

test('reads what is longer than the words of a program usually are', async ({ directory }) => {
  const comments = `i=0; while [ $i -lt 2000 ]; do echo '# ${'x'.repeat(98)}'; i=$((i+1)); done`;
  const nginx = `echo 'server { ${LOCATION} }'\n${comments}`;
  expect(await find(directory, { nginx })).toMatchObject({ webroot: '/srv/acme', problems: [] });
});

test('a part of a dump counts from its next file on', async ({ directory }) => {
  const file = join(directory, 'dump');
  const quote = `"${'x'.repeat(MAX_CHARS)}";\n`;
  await writeFile(
    file,
    `${quote.slice(0, 10)}${quote}# configuration file /etc/nginx/a.conf:\nserver { ${LOCATION} }\n`,
  );
  const found = await find(directory, { nginx: `/bin/cat ${file}` }, { maxChars: MAX_CHARS });
  expect(found).toMatchObject({ webroot: '/srv/acme', problems: [] });
});

test('what a part does not have may be in the rest', async ({ directory }) => {
  const file = join(directory, 'dump');
  await writeFile(file, `# ${'x'.repeat(MAX_CHARS)}\n# configuration file /etc/nginx/a.conf:\n`);
  expect(await find(directory, { nginx: `/bin/cat ${file}` }, { maxChars: MAX_CHARS })).toMatchObject({
    ...{ webroot: null, problems: [{ code: 'webroot-not-known', end: 'too long' }] },
  });
});
