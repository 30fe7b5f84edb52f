import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findWebServer, type FindWebServerOptions } from '../../../lib/setup/find-web-server.ts';
import { createReader } from '../../../lib/setup/reader.ts';
import { expect, test } from '../../support/temporary.ts';

const MAX_CHARS = 10_000;
const LOCATION = 'location /.well-known/acme-challenge/ { root /srv/acme; }';

/** A host with these programs: name and script. */
async function find(
  directory: string,
  programs: Readonly<Record<string, string>>,
  options: Partial<FindWebServerOptions> = {},
) {
  const bin = join(directory, 'bin');
  await mkdir(bin);
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  return await findAgain(directory, options);
}

async function findAgain(directory: string, options: Partial<FindWebServerOptions> = {}) {
  const { signal } = new AbortController();
  return await findWebServer({
    env: { PATH: join(directory, 'bin') },
    signal,
    reader: createReader(signal),
    root: directory,
    isWebrootWanted: true,
    adminPath: ['/usr/bin', '/bin'].map((path) => join(directory, path)),
    ...options,
  });
}

/** systemctl of systemd 252, for these units of a host. As it does, is-enabled ends at the first that is not there. */
const systemctl = ({ active = '', enabled = '', disabled = '' }) => `
is() { case " $2 " in *" \${1%.service} "*) true;; *) false;; esac; }
file_state() { if is "$1" '${enabled}'; then echo enabled; elif is "$1" '${active} ${disabled}'; then echo disabled; else false; fi; }
state() { if is "$1" '${active}'; then echo active; else echo inactive; fi; }
verb=$1; shift
for unit; do
  case $verb:$unit in
    *:-*) ;;
    is-active:*) state "$unit";;
    is-enabled:*) file_state "$unit" || exit 1;;
    show:*) printf 'ActiveState=%s\nUnitFileState=%s\nNames=%s\n\n' "$(state "$unit")" "$(file_state "$unit")" "$unit";;
  esac
done`;
const active = (...units: readonly string[]) => systemctl({ active: units.join(' ') });

const MISSING = { code: 'web-server-missing' };

/** ss -Hltnp, of ports 80 and 443: programs by port. */
const ss = (...listeners: readonly (readonly [number, string])[]) =>
  listeners
    .map(
      ([port, program]) =>
        `echo 'LISTEN 0 511 [::]:${port} [::]:* users:(("${program}",pid=9284,fd=4),("${program}",pid=9283,fd=4))'`,
    )
    .join('\n');

test.for<
  readonly [string, Readonly<Record<string, string>>, string | null, readonly string[], readonly object[]]
>([
  ['none', {}, 'none', [], [MISSING]],
  ['the only one', { apache2: '' }, 'apache', ['apache'], []],
  ['Red Hat’s name of it', { httpd: '', systemctl: active('httpd') }, 'apache', ['apache'], []],
  [
    'the one that is active',
    { caddy: '', haproxy: '', systemctl: active('haproxy') },
    'haproxy',
    ['haproxy'],
    [],
  ],
  ['none of several', { caddy: '', haproxy: '', systemctl: active() }, null, ['caddy', 'haproxy'], []],
  [
    'none of several that are active',
    { caddy: '', haproxy: '', systemctl: active('caddy', 'haproxy') },
    null,
    ['caddy', 'haproxy'],
    [],
  ],
  [
    'the one that will be started',
    { caddy: '', nginx: '', systemctl: systemctl({ enabled: 'caddy', disabled: 'nginx' }) },
    'caddy',
    ['caddy'],
    [],
  ],
  [
    'the one that will be started, beside one without a unit',
    {
      nginx: '',
      apache2: '',
      haproxy: '',
      systemctl: systemctl({ enabled: 'apache2', disabled: 'haproxy' }),
    },
    'apache',
    ['apache'],
    [],
  ],
  [
    'the one that has port 80, and names the other',
    {
      nginx: '',
      haproxy: '',
      systemctl: active('nginx', 'haproxy'),
      ss: ss([80, 'haproxy'], [443, 'haproxy']),
    },
    'haproxy',
    ['haproxy'],
    [{ code: 'web-servers-beside', kind: 'haproxy', others: ['nginx'] }],
  ],
  [
    'the one that has port 443 behind a stranger, and names the stranger',
    { nginx: '', caddy: '', ss: ss([80, 'varnishd'], [443, 'nginx']) },
    'nginx',
    ['nginx'],
    [{ code: 'port-of-another', program: 'varnishd', kind: 'nginx' }],
  ],
  [
    'none where a stranger has the port, and what is installed does not run',
    { nginx: '', systemctl: active(), ss: ss([80, 'traefik'], [443, 'traefik']) },
    'none',
    [],
    [{ code: 'port-of-another', program: 'traefik', kind: 'none' }],
  ],
  ['no other port', { nginx: '', caddy: '', ss: ss([8080, 'caddy']) }, null, ['nginx', 'caddy'], []],
])('finds %s', async ([, programs, kind, candidates, problems], { directory }) => {
  expect(await find(directory, programs, { isWebrootWanted: false })).toEqual({
    ...{ kind, candidates, webroot: null, problems },
  });
});

test('asks who stands behind for the webroot, too', async ({ directory }) => {
  const nginx = `echo 'server { listen 127.0.0.1:9482; ${LOCATION} }'`;
  const etc = join(directory, 'etc/haproxy');
  await mkdir(etc, { recursive: true });
  await writeFile(
    join(etc, 'haproxy.cfg'),
    'frontend http\n  use_backend acme if { path_beg /.well-known/acme-challenge/ }\nbackend acme\n  server a 127.0.0.1:9482\n',
  );
  const found = await find(directory, { nginx, haproxy: '', ss: ss([80, 'haproxy']) });
  expect(found).toEqual({ kind: 'haproxy', candidates: ['haproxy'], webroot: '/srv/acme', problems: [] });
});

test('tells whom HAProxy hands challenges to, where nobody says from where', async ({ directory }) => {
  const etc = join(directory, 'etc/haproxy');
  await mkdir(join(etc, 'conf.d'), { recursive: true });
  await writeFile(
    join(etc, 'conf.d/a.cfg'),
    'frontend http\n  use_backend acme if { path_beg /.well-known/acme-challenge/ }\nbackend acme\n  server a 127.0.0.1:9482\n',
  );
  expect(await find(directory, { haproxy: '' })).toMatchObject({
    webroot: null,
    problems: [{ code: 'challenges-handed-on', backend: 'acme', servers: ['127.0.0.1:9482'] }],
  });
});

test('asks no other web server than the one that is given', async ({ directory }) => {
  const nginx = `echo 'server { ${LOCATION} }'`;
  const found = await find(directory, { nginx, caddy: 'exit 1' }, { given: 'caddy' });
  expect(found).toMatchObject({
    kind: 'caddy',
    webroot: null,
    problems: [{ source: expect.stringMatching(/^caddy adapt /) }],
  });
});

test.for([
  ['another', 'caddy', [{ code: 'web-servers-beside', kind: 'caddy', others: ['nginx'] }]],
  ['that', 'nginx', []],
  ['nobody', 'none', []],
] as const)('tells who has port 80, where %s is given', async ([, given, problems], { directory }) => {
  const programs = { nginx: '', caddy: '', ss: ss([80, 'nginx']) };
  expect(await find(directory, programs, { given, isWebrootWanted: false })).toMatchObject({
    kind: given,
    problems,
  });
});

test('reads the files that Apache says it reads, and names one that cannot be read', async ({
  directory,
}) => {
  const [first, second] = [join(directory, 'a.conf'), join(directory, 'b.conf')];
  await mkdir(first);
  const apache2ctl = `[ "$*" = '-t -D DUMP_INCLUDES' ] && printf '%s\\n' 'Included configuration files:' '  (*) ${first}' '    (146) ${second}'`;
  expect(await find(directory, { apache2ctl, apache2: '' })).toMatchObject({
    ...{ kind: 'apache', webroot: null },
    problems: [{ code: 'webroot-not-known', source: first, end: 'cannot be read (EISDIR)' }],
  });
  await writeFile(second, 'Alias /.well-known/acme-challenge/ /srv/acme/.well-known/acme-challenge/\n');
  expect(await findAgain(directory)).toMatchObject({ webroot: '/srv/acme', problems: [] });
});

test.for([
  ['no JSON', 'echo {', 'no JSON'],
  ['nothing', 'exit 1', 'exit 1'],
] as const)('tells that Caddy says %s', async ([, caddy, end], { directory }) => {
  expect(await find(directory, { caddy })).toMatchObject({ problems: [{ code: 'webroot-not-known', end }] });
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
    ...{ webroot: null, problems: [{ code: 'webroot-not-known', source: 'nginx -T', end: 'exit 1' }] },
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
