import { mkdir, readFile, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failure, OK, type Outcome } from '../../../lib/base/outcome.ts';
import { putPart } from '../../../lib/setup/put-part.ts';
import { challengePart, type PartKind } from '../../../lib/webserver/challenge-part.ts';
import { expect, test } from '../../support/temporary.ts';

const WEBROOT = '/srv/acme';
const LOOKUP = '127.0.0.1:9481';
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
  for (const name of ['apache2/conf-enabled', 'nginx', 'caddy']) {
    await mkdir(join(root, 'etc', name), { recursive: true });
  }
  const { signal } = new AbortController();
  return await putPart({ kind, webroot: WEBROOT, lookup: LOOKUP, isForced, webServer, signal, root });
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
  expect(await readFile(file, 'utf8')).toBe(challengePart('nginx', WEBROOT, LOOKUP));
  expect(nginx.done).toEqual(['test', 'test', 'reload']);
});

test('apache gets a part that is enabled', async ({ directory }) => {
  await put(directory, 'apache', server([]));
  const name = join(directory, 'etc/apache2/conf-enabled/certbot-ha.conf');
  expect(await readlink(name)).toBe('../conf-available/certbot-ha.conf');
  expect(await readFile(name, 'utf8')).toBe(challengePart('apache', WEBROOT, LOOKUP));
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
  const servers = { apache: server([REFUSED]), nginx: server([REFUSED, REFUSED]) };
  for (const kind of ['apache', 'nginx'] as const) {
    await expect(put(directory, kind, servers[kind])).rejects.toMatchObject({
      findings: [{ code: 'web-server-test-failed' }],
      hint: expect.stringMatching(/^nothing was written/),
    });
    expect(await below(directory)).toEqual([]);
  }
  // nginx may have waited for what its configuration includes already.
  expect([servers.apache.done, servers.nginx.done]).toEqual([['test'], ['test', 'test']]);
  await put(directory, 'nginx', server([]));
  const again = server([REFUSED]);
  await expect(put(directory, 'nginx', again)).rejects.toThrow();
  expect(again.done).toEqual(['test']);
});

test.for(['nginx', 'caddy'] as const)(
  '%s whose configuration includes the part already gets it',
  async (kind, { directory }) => {
    const waiting = server([REFUSED]);
    await put(directory, kind, waiting);
    expect(waiting.done).toEqual(['test', 'test', 'reload']);
  },
);

test.for([
  ['refuses the part', [OK, REFUSED], OK, ['test', 'test']],
  // The second one is without the part.
  ['cannot be reloaded', [], NOT_RELOADED, ['test', 'test', 'reload', 'reload']],
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
  expect(await readFile(file, 'utf8')).toBe(challengePart('caddy', WEBROOT, LOOKUP));
  expect((await below(directory)).length).toBe(2);
});

test.for(['haproxy', 'traefik'] as const)('%s has no place for it', async (kind, { directory }) => {
  await expect(put(directory, kind, server([]))).rejects.toMatchObject({
    findings: [{ code: 'snippet-without-place', kind }],
    exitCode: 2,
  });
});

test.for([
  ['nginx', 'etc/apache2', null],
  ['caddy', 'etc/nginx', null],
  ['apache', 'etc/apache2/conf-available', null],
  ['apache', 'etc/apache2/conf.d', 'etc/apache2/conf.d/certbot-ha.conf'],
] as const)('%s, where there is %s: %s', async ([kind, there, file], { directory: root }) => {
  await mkdir(join(root, there), { recursive: true });
  const options = { kind, webroot: WEBROOT, lookup: LOOKUP, isForced: true, webServer: server([]) };
  const put = putPart({ ...options, signal: new AbortController().signal, root });
  await (file === null
    ? expect(put).rejects.toMatchObject({ findings: [{ code: 'snippet-without-place' }] })
    : expect(put).resolves.toContain(`written: ${join(root, file)}`));
  expect(await below(root)).toEqual(file === null ? [] : [file]);
});

test('what certbot-ha has put there for another setting is replaced, and what others have is not', async ({
  directory,
}) => {
  const file = join(directory, 'etc/nginx/snippets/certbot-ha.conf');
  await mkdir(dirname(file), { recursive: true });
  for (const lookup of [null, '[::1]:9999']) {
    await writeFile(file, challengePart('nginx', WEBROOT, lookup));
    expect((await put(directory, 'nginx', server([])))[0]).toContain(`replaced: ${file} (before: `);
    expect(await readFile(file, 'utf8')).toBe(challengePart('nginx', WEBROOT, LOOKUP));
  }
  await writeFile(file, `${challengePart('nginx', WEBROOT, null)}# mine\n`);
  await expect(put(directory, 'nginx', server([]))).rejects.toMatchObject({
    findings: [{ code: 'files-differ', files: [file] }],
  });
});

test('a link that leads elsewhere is replaced by force alone, and kept', async ({ directory }) => {
  const name = join(directory, 'etc/apache2/conf-enabled/certbot-ha.conf');
  await mkdir(dirname(name), { recursive: true });
  await symlink('../mine.conf', name);
  await expect(put(directory, 'apache', server([]))).rejects.toMatchObject({
    findings: [{ code: 'files-differ', files: [name] }],
  });
  expect(await below(directory)).toEqual(['etc/apache2/conf-enabled/certbot-ha.conf']);
  await expect(put(directory, 'apache', server([OK, REFUSED]), true)).rejects.toThrow();
  expect(await readlink(name)).toBe('../mine.conf');
  await put(directory, 'apache', server([]), true);
  expect(await readlink(name)).toBe('../conf-available/certbot-ha.conf');
  const kept = (await readdir(dirname(name))).find((entry) => entry.includes('.before-')) ?? '';
  expect(await readlink(join(dirname(name), kept))).toBe('../mine.conf');
});

/** A web server that is interrupted as it does this for the nth time. */
function interrupted(root: string, step: 'test' | 'reload', nth: number) {
  const controller = new AbortController();
  const webServer = server([]);
  const counted = (name: 'test' | 'reload') => async () => {
    const outcome = await webServer[name]();
    if (name !== step || webServer.done.filter((done) => done === name).length !== nth) return outcome;
    controller.abort();
    return REFUSED;
  };
  const put = putPart({
    ...{ kind: 'nginx', webroot: WEBROOT, lookup: LOOKUP, isForced: false, signal: controller.signal, root },
    webServer: { test: counted('test'), reload: counted('reload') },
  });
  return { put, done: webServer.done };
}

test.for([
  ['before anything is written', 'test', 1, 'set-up-interrupted', ['test']],
  ['at the test', 'test', 2, 'snippet-interrupted', ['test', 'test']],
  ['at the reload', 'reload', 1, 'snippet-interrupted', ['test', 'test', 'reload', 'reload']],
] as const)('an interruption %s leaves nothing', async ([, step, nth, code, done], { directory }) => {
  await mkdir(join(directory, 'etc/nginx'), { recursive: true });
  const run = interrupted(directory, step, nth);
  await expect(run.put).rejects.toMatchObject({ findings: [{ code }] });
  expect(run.done).toEqual(done);
  expect(await below(directory)).toEqual([]);
  expect(await readdir(join(directory, 'etc/nginx'))).toEqual([]);
});

test('what was there already is not said to be undone', async ({ directory }) => {
  await put(directory, 'nginx', server([]));
  const nginx = server([], NOT_RELOADED);
  await expect(put(directory, 'nginx', nginx)).rejects.toMatchObject({
    findings: [{ code: 'web-server-reload-failed' }],
    hint: expect.stringMatching(/^nothing was written/),
  });
  expect(nginx.done).toEqual(['test', 'test', 'reload']);
});

test('what cannot be put back is told', async ({ directory }) => {
  const file = join(directory, 'etc/nginx/snippets/certbot-ha.conf');
  const { done, reload } = server([]);
  const test = async () => {
    done.push('test');
    if (done.length === 1) return OK;
    await rm(file);
    await mkdir(file);
    return REFUSED;
  };
  const error: unknown = await put(directory, 'nginx', { done, test, reload }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({
    findings: [{ code: 'web-server-test-failed' }, { code: 'not-undone', file }],
    hint: undefined,
  });
});
