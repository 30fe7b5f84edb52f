import { mkdir, readFile, readdir, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, OK, type Outcome } from '../../../lib/base/outcome.ts';
import { putPart } from '../../../lib/setup/put-part.ts';
import { challengePart, type PartKind } from '../../../lib/webserver/challenge-part.ts';
import { expect, test } from '../../support/temporary.ts';

const WEBROOT = '/srv/acme';
const REFUSED = failure({ code: 'web-server-test-failed', command: 'x -t', end: 'exit 1', said: ['no'] });
const NOT_RELOADED = failure({ code: 'web-server-reload-failed', command: 'x', end: 'exit 1', said: [] });

/** A web server whose tests end so, one after the other, and then its reload. */
function server(tests: readonly Outcome[], reloaded: Outcome = OK) {
  const done: string[] = [];
  const waiting = [...tests];
  return {
    done,
    test: async () => {
      done.push('test');
      return await Promise.resolve(waiting.shift() ?? OK);
    },
    reload: async () => {
      done.push('reload');
      return await Promise.resolve(reloaded);
    },
  };
}

async function put(root: string, kind: PartKind, webServer: ReturnType<typeof server>, isForced = false) {
  await mkdir(join(root, 'etc/apache2/conf-enabled'), { recursive: true });
  const { signal } = new AbortController();
  return await putPart({ kind, webroot: WEBROOT, isForced, webServer, signal, root });
}

const below = async (root: string) =>
  (await readdir(root, { recursive: true })).filter((name) => name.includes('certbot-ha')).toSorted();

test('nginx gets a snippet, is tested and reloaded, and is to include it', async ({ directory }) => {
  const nginx = server([]);
  const lines = await put(directory, 'nginx', nginx);
  const file = join(directory, 'etc/nginx/snippets/certbot-ha.conf');
  expect(lines).toEqual([
    `written: ${file}`,
    'tested, and reloaded if it runs',
    'to use it, add in each server for port 80: include snippets/certbot-ha.conf;',
  ]);
  expect(await readFile(file, 'utf8')).toBe(challengePart('nginx', WEBROOT));
  expect(nginx.done).toEqual(['test', 'test', 'reload']);
});

test('apache gets a part that is enabled', async ({ directory }) => {
  await put(directory, 'apache', server([]));
  const name = join(directory, 'etc/apache2/conf-enabled/certbot-ha.conf');
  expect(await readlink(name)).toBe('../conf-available/certbot-ha.conf');
  expect(await readFile(name, 'utf8')).toBe(challengePart('apache', WEBROOT));
  expect(await put(directory, 'apache', server([]))).toEqual([
    expect.stringMatching(/^already there: /),
    'tested, and reloaded if it runs',
  ]);
});

test("apache's part is where Red Hat has it", async ({ directory }) => {
  await mkdir(join(directory, 'etc/httpd/conf.d'), { recursive: true });
  await put(directory, 'apache', server([]));
  expect(await below(directory)).toEqual(['etc/httpd/conf.d/certbot-ha.conf']);
});

test('a web server that refuses its configuration already gets nothing', async ({ directory }) => {
  const nginx = server([REFUSED]);
  await expect(put(directory, 'nginx', nginx)).rejects.toMatchObject({
    findings: [{ code: 'web-server-test-failed' }],
    hint: expect.stringMatching(/^nothing was written/),
  });
  expect(await below(directory)).toEqual([]);
  expect(nginx.done).toEqual(['test']);
});

test.for([
  ['refuses the part', [OK, REFUSED], OK, ['test', 'test']],
  ['cannot be reloaded', [], NOT_RELOADED, ['test', 'test', 'reload']],
] as const)('a web server that %s is as it was', async ([, tests, reloaded, done], { directory }) => {
  const file = join(directory, 'etc/apache2/conf-available/certbot-ha.conf');
  await mkdir(join(directory, 'etc/apache2/conf-available'), { recursive: true });
  await writeFile(file, 'mine\n');
  const apache = server(tests, reloaded);
  await expect(put(directory, 'apache', apache, true)).rejects.toMatchObject({
    exitCode: 1,
    hint: `undone: ${file} is as it was`,
  });
  expect(await below(directory)).toEqual(['etc/apache2/conf-available/certbot-ha.conf']);
  expect(await readFile(file, 'utf8')).toBe('mine\n');
  expect(apache.done).toEqual(done);
});

test('another file is replaced by force alone, and kept', async ({ directory }) => {
  const file = join(directory, 'etc/caddy/certbot-ha.caddy');
  await mkdir(join(directory, 'etc/caddy'), { recursive: true });
  await writeFile(file, 'mine\n');
  const caddy = server([]);
  await expect(put(directory, 'caddy', caddy)).rejects.toMatchObject({
    findings: [{ code: 'files-differ', files: [file] }],
  });
  expect(caddy.done).toEqual([]);
  await put(directory, 'caddy', caddy, true);
  expect(await readFile(file, 'utf8')).toBe(challengePart('caddy', WEBROOT));
  expect((await below(directory)).length).toBe(2);
});

test.for(['haproxy', 'traefik'] as const)('%s has no place for it', async (kind, { directory }) => {
  await expect(put(directory, kind, server([]))).rejects.toMatchObject({
    findings: [{ code: 'snippet-without-place', kind }],
    exitCode: 2,
  });
});
