import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { Config } from '../../../lib/cluster/config.ts';
import { webServerFor } from '../../../lib/webserver/for-lineage.ts';
import { createWebServer } from '../../../lib/webserver/web-server.ts';
import { expect, test } from '../../support/temporary.ts';

const NGINX = { kind: 'nginx', test: null, reload: null } as const;

/** A systemctl that knows which units are active, and fails to reload all others; another program fails. */
async function programs(directory: string, active: readonly string[]) {
  const bin = join(directory, 'bin');
  const calls = join(directory, 'calls');
  await mkdir(bin);
  const isActive = `case " ${active.join(' ')} " in *" $unit "*) exit 0 ;; esac`;
  const systemctl = `echo "systemctl $*" >>${calls}
for unit in "$@"; do :; done
${isActive}
case " $* " in *" is-active "*) exit 3 ;; esac
exit 1`;
  for (const [name, script] of [
    ['systemctl', systemctl],
    ['nginx', `echo "nginx $*" >>${calls}; exit 1`],
  ] as const) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  return {
    env: { PATH: `${bin}:/usr/bin:/bin` },
    calls: async () => (await readFile(calls, 'utf8').catch(() => '')).split('\n').slice(0, -1),
  };
}

describe('a web server that runs where the VIP is', () => {
  test('is not reloaded, and so not started, where it does not run', async ({ directory }) => {
    const { env, calls } = await programs(directory, []);
    const server = createWebServer(NGINX, { env, hasSystemd: true, isElsewhere: () => true });
    expect(await server.reload()).toEqual({ isOk: true });
    expect(await server.isStandby()).toBe(true);
    expect(await calls()).not.toContain('systemctl reload nginx');
  });

  test('is reloaded where it runs anyway, for the day on which the VIP comes', async ({ directory }) => {
    const { env, calls } = await programs(directory, ['nginx']);
    const server = createWebServer(NGINX, { env, hasSystemd: true, isElsewhere: () => true });
    expect(await server.reload()).toEqual({ isOk: true });
    expect(await server.isStandby()).toBe(false);
    expect(await calls()).toContain('systemctl reload nginx');
  });

  test.for([
    ['systemctl', 'restart', 'nginx'],
    ['systemctl', 'try-restart', 'nginx'],
    ['systemctl', '--quiet', 'force-reload', 'nginx'],
    ['systemctl', 'kill', '-s', 'HUP', 'nginx'],
    ['env', 'service', 'nginx', 'restart'],
  ])('is not touched by %j either', async (reload, { directory }) => {
    const { env, calls } = await programs(directory, []);
    const server = createWebServer({ ...NGINX, reload }, { env, hasSystemd: true, isElsewhere: () => true });
    expect(await server.reload()).toEqual({ isOk: true });
    expect(await server.isStandby()).toBe(true);
    expect(new Set(await calls())).toEqual(
      new Set([`systemctl ${reload.includes('--quiet') ? '--quiet ' : ''}is-active --quiet nginx`]),
    );
  });

  test('has only those of its units reloaded that run', async ({ directory }) => {
    const { env, calls } = await programs(directory, ['haproxy']);
    const reload = ['systemctl', 'reload-or-restart', '--job-mode', 'fail', 'nginx', 'haproxy'];
    const server = createWebServer({ ...NGINX, reload }, { env, hasSystemd: true, isElsewhere: () => true });
    expect(await server.reload()).toEqual({ isOk: true });
    expect((await calls()).at(-1)).toBe('systemctl reload-or-restart --job-mode fail haproxy');
    expect(await server.isStandby()).toBe(false);
  });

  test('has to be reloaded where the VIP is', async ({ directory }) => {
    const { env } = await programs(directory, []);
    const server = createWebServer(NGINX, { env, hasSystemd: true, isElsewhere: () => false });
    expect(await server.reload()).toMatchObject({ isOk: false });
    expect(await server.isStandby()).toBe(false);
  });

  test('is tried where nobody can tell whether it runs, and may fail', async ({ directory }) => {
    const { env, calls } = await programs(directory, []);
    const server = createWebServer(NGINX, { env, hasSystemd: false, isElsewhere: () => true });
    expect(await server.reload()).toEqual({ isOk: true });
    expect(await server.isStandby()).toBe(true);
    expect(await calls()).toEqual(['nginx -s reload']);
  });
});

describe('a lineage with commands of its own', () => {
  const reload = [
    ['systemctl', 'reload', 'postfix'],
    ['systemctl', 'reload', 'dovecot'],
  ];
  const config = (own: object) =>
    ({
      certificates: { lineages: { mail: { served: null, test: null, reload, runsOn: null, ...own } } },
      ...{ webServer: { ...NGINX, runsOn: 'all' }, vips: [] },
    }) as unknown as Config;

  test('has them in the place of the web server and its test', async ({ directory }) => {
    const { env, calls } = await programs(directory, ['postfix', 'dovecot']);
    const server = webServerFor({ config: config({}) }, 'mail', { env, hasSystemd: true });
    expect([await server.test(), await server.reload()]).toEqual([{ isOk: true }, { isOk: true }]);
    expect(await calls()).toEqual(['systemctl reload postfix', 'systemctl reload dovecot']);
  });

  test('has all of them run, whichever fails', async ({ directory }) => {
    const { env, calls } = await programs(directory, ['dovecot']);
    const server = webServerFor({ config: config({}) }, 'mail', { env, hasSystemd: true });
    expect(await server.reload()).toMatchObject({
      ...{ isOk: false, reason: { code: 'web-server-reload-failed', command: 'systemctl reload postfix' } },
    });
    expect(await calls()).toContain('systemctl reload dovecot');
  });

  test('is tested as it says, and is not reloaded by that', async ({ directory }) => {
    const { env, calls } = await programs(directory, []);
    const own = { test: [['nginx', '-t'], ['true']] };
    const server = webServerFor({ config: config(own) }, 'mail', { env, hasSystemd: true });
    expect(await server.test()).toMatchObject({ isOk: false, reason: { command: 'nginx -t' } });
    expect(await calls()).toEqual(['nginx -t']);
  });

  test('leaves all others to the web server', async ({ directory }) => {
    const { env, calls } = await programs(directory, ['nginx']);
    const server = webServerFor({ config: config({}) }, 'www', { env, hasSystemd: true });
    await server.test();
    await server.reload();
    expect(await calls()).toEqual(['nginx -t', 'systemctl reload nginx']);
  });
});
