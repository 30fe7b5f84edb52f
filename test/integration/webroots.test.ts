// @module-tag slow
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { findWebroot } from '../../lib/setup/find-webroot.ts';
import { createReader } from '../../lib/setup/reader.ts';
import { challengePart } from '../../lib/webserver/challenge-part.ts';
import type { WebServerKind } from '../../lib/webserver/kinds.ts';
import { run } from '../support/programs/program.ts';
import { expect, test } from '../support/temporary.ts';

// What real web servers make of a configuration: init has to find in it what `certbot-ha snippet` writes, and what others have.

const PATH = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
const CHALLENGES = '/.well-known/acme-challenge';

function programIn(name: string): string | null {
  return PATH.map((directory) => join(directory, name)).find((file) => existsSync(file)) ?? null;
}

/** Where the web server says it, asked by a name that leads to a script. */
async function webrootBy(directory: string, kind: WebServerKind, script: string) {
  const bin = join(directory, 'bin');
  await mkdir(bin);
  const name = kind === 'apache' ? 'apache2ctl' : kind;
  await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const { signal } = new AbortController();
  const env = { PATH: [bin, ...PATH].join(delimiter) };
  return await findWebroot([kind], {
    env,
    signal,
    reader: createReader(signal),
    isInstalled: (program) => program === name,
    root: directory,
  });
}

const APACHE_MODULES = '/usr/lib/apache2/modules';

test.for<readonly [string, string, string | null]>([
  ['the part of certbot-ha', challengePart('apache', '/srv/my acme', '127.0.0.1:9481'), '/srv/my acme'],
  [
    'an alias in a file that a site includes',
    `Define ACME /srv/acme\n<VirtualHost *:80>\n  Include site.inc\n</VirtualHost>`,
    '/srv/acme',
  ],
  ['a document root', '<VirtualHost *:80>\n  DocumentRoot /var/www/html\n</VirtualHost>', null],
])('Apache has %s', async ([, text, webroot], { directory, skip }) => {
  const apache = programIn('apache2');
  if (apache === null || !existsSync(APACHE_MODULES)) return skip('apache2 is not installed');
  const modules = ['mpm_event', 'alias', 'authz_core', 'mime'].map(
    (name) => `LoadModule ${name}_module ${APACHE_MODULES}/mod_${name}.so`,
  );
  const sites = join(directory, 'sites');
  await mkdir(sites);
  await writeFile(join(directory, 'site.inc'), `Alias ${CHALLENGES}/ \${ACME}${CHALLENGES}/\n`);
  await writeFile(join(sites, 'a.conf'), `${text}\n`);
  const main = [
    ...[`ServerRoot "${directory}"`, 'ServerName a.test', 'ErrorLog error.log', 'Listen 80', ...modules],
    ...['TypesConfig /dev/null', 'IncludeOptional sites/*.conf', ''],
  ];
  await writeFile(join(directory, 'apache2.conf'), main.join('\n'));
  const found = await webrootBy(
    directory,
    'apache',
    `exec ${apache} -f ${join(directory, 'apache2.conf')} "$@"`,
  );
  expect(found).toEqual({ webroot, problems: [] });
});

test.for<readonly [string, string, string | null]>([
  [
    'the part of certbot-ha',
    `http:// {\n${challengePart('caddy', '/srv/my acme', '127.0.0.1:9481')}\nredir https://{host}{uri}\n}`,
    '/srv/my acme',
  ],
  [
    'a root with a matcher',
    `a.test {\n  tls internal\n  @acme path ${CHALLENGES}/*\n  root @acme /srv/acme\n  root * /var/www\n  file_server\n}`,
    '/srv/acme',
  ],
  [
    'handle_path',
    `:8080 {\n  handle_path ${CHALLENGES}/* {\n    root * /srv/acme${CHALLENGES}\n    file_server\n  }\n  root * /var/www\n}`,
    '/srv/acme',
  ],
  [
    'a file server with a root, for a regular expression',
    `:80 {\n  @acme path_regexp ^${CHALLENGES}/\n  handle @acme {\n    file_server {\n      root /srv/acme\n    }\n  }\n}`,
    '/srv/acme',
  ],
  ['the root of a site', ':80 {\n  root * /usr/share/caddy\n  file_server\n}', null],
])('Caddy has %s', async ([, text, webroot], { directory, skip }) => {
  const caddy = programIn('caddy');
  if (caddy === null) return skip('caddy is not installed');
  const file = join(directory, 'Caddyfile');
  await writeFile(file, `${text}\n`);
  const found = await webrootBy(
    directory,
    'caddy',
    `exec ${caddy} adapt --config ${file} --adapter caddyfile`,
  );
  expect(found).toEqual({ webroot, problems: [] });
});

test('HAProxy takes the part of certbot-ha, and has it in the file that is read', async ({
  directory,
  skip,
}) => {
  const haproxy = programIn('haproxy');
  if (haproxy === null) return skip('haproxy is not installed');
  const [inFrontend, ofNginx] = challengePart('haproxy', '/srv/acme', '127.0.0.1:9481').split(
    '\n\n# beside the frontends\n',
  );
  const [backend] = (ofNginx ?? '').split('\n\n');
  const defaults = 'defaults\n  mode http\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\n';
  const etc = join(directory, 'etc/haproxy');
  await mkdir(etc, { recursive: true });
  const file = join(etc, 'haproxy.cfg');
  await writeFile(file, `${defaults}frontend http\n  bind 127.0.0.1:80\n${inFrontend}\n\n${backend}\n`);
  expect(await run([haproxy, '-c', '-f', file])).toMatchObject({ code: 0 });
  expect(await webrootBy(directory, 'haproxy', 'exit 1')).toEqual({
    webroot: null,
    problems: [{ code: 'challenges-handed-on', backend: 'certbot-ha', servers: ['127.0.0.1:9482'] }],
  });
});
