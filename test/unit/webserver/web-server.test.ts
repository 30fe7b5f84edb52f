import { appendFile, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';
import type { Outcome } from '../../../lib/base/outcome.ts';
import { timeLimit } from '../../../lib/system/time-limit.ts';
import { createWebServer } from '../../../lib/webserver/web-server.ts';
import { expect, test } from '../../support/temporary.ts';
import { linesOf } from '../../../lib/findings/words.ts';

const ENV = { PATH: '/usr/bin:/bin' };

function linesIn(outcome: Outcome): readonly string[] {
  return outcome.isOk ? [] : linesOf(outcome.reason);
}

/** A directory with programs of these names, each of which records its arguments in `calls`. */
async function fakePrograms(directory: string, names: readonly string[]) {
  const bin = join(directory, 'bin');
  const calls = join(directory, 'calls');
  await mkdir(bin);
  for (const name of names) {
    await writeFile(join(bin, name), `#!/bin/sh\necho "${name} $*" >>${calls}\n`);
    await chmod(join(bin, name), 0o755);
  }
  return {
    env: { PATH: [bin, ENV.PATH].join(delimiter) },
    calls: async () => await readFile(calls, 'utf8').catch(() => ''),
  };
}

describe('createWebServer', () => {
  test.for([
    [true, 'nginx -t\nsystemctl reload nginx\n'],
    [false, 'nginx -t\nnginx -s reload\n'],
  ] as const)('runs the commands of its kind, systemd %s', async ([hasSystemd, expected], { directory }) => {
    const { env, calls } = await fakePrograms(directory, ['nginx', 'systemctl']);
    const webServer = createWebServer({ kind: 'nginx', test: null, reload: null }, { env, hasSystemd });
    expect(await webServer.test()).toEqual({ isOk: true });
    expect(await webServer.reload()).toEqual({ isOk: true });
    expect(await calls()).toBe(expected);
  });

  test('runs what the configuration names instead, each on its own', async ({ directory }) => {
    const { env, calls } = await fakePrograms(directory, ['nginx', 'my-reload']);
    const config = { kind: 'nginx', test: null, reload: ['my-reload', 'a b', '$HOME'] } as const;
    const webServer = createWebServer({ ...config, reload: [...config.reload] }, { env, hasSystemd: true });
    await webServer.test();
    await webServer.reload();
    expect(await calls()).toBe('nginx -t\nmy-reload a b $HOME\n');
  });

  test.for([
    ['is inactive', 3, 'ok', true, 'systemctl is-active --quiet nginx\n'],
    ['runs', 0, 'ok', true, 'systemctl is-active --quiet nginx\nsystemctl reload nginx\n'],
    ['runs and cannot be', 0, 'fail', false, 'systemctl is-active --quiet nginx\nsystemctl reload nginx\n'],
  ] as const)(
    'of what is to be left stopped, a unit that %s',
    async ([, active, end, isOk, expected], { directory }) => {
      const { env, calls } = await fakePrograms(directory, ['systemctl']);
      const script = `case $1 in is-active) exit ${active};; esac\n[ ${end} = ok ]`;
      await appendFile(join(directory, 'bin', 'systemctl'), `${script}\n`);
      const config = { kind: 'nginx', test: null, reload: null } as const;
      const webServer = createWebServer(config, { env, hasSystemd: true, isLeftStopped: true });
      expect((await webServer.reload()).isOk).toBe(isOk);
      expect(await calls()).toBe(expected);
    },
  );

  test('a reload that is no systemctl’s and fails has failed, though nobody can tell whether it runs', async () => {
    const config = { kind: 'nginx', test: null, reload: ['sh', '-c', 'exit 3'] } as const;
    const of = { ...config, reload: [...config.reload] };
    const webServer = createWebServer(of, { env: ENV, hasSystemd: true, isLeftStopped: true });
    expect(await webServer.reload()).toMatchObject({
      ...{ isOk: false, reason: { code: 'web-server-reload-failed', end: 'exit 3' } },
    });
  });

  test('has nothing to do for none', async () => {
    const webServer = createWebServer({ kind: 'none', test: null, reload: null }, { env: { PATH: '' } });
    expect(await webServer.test()).toEqual({ isOk: true });
    expect(await webServer.reload()).toEqual({ isOk: true });
  });

  test("tells the command, its exit code and all of the web server's words", async () => {
    const argv = ['sh', '-c', 'echo out; echo "[emerg] no such file" >&2; exit 3'];
    const webServer = createWebServer({ kind: 'nginx', test: argv, reload: argv }, { env: ENV });
    const [tested, reloaded] = [await webServer.test(), await webServer.reload()];
    const first = `${argv.join(' ')}: exit 3`;
    const own = ['[emerg] no such file', 'out'];
    expect(linesIn(tested)).toEqual([`${first} [web-server-test-failed]`, ...own]);
    expect(linesIn(reloaded)).toEqual([`${first} [web-server-reload-failed]`, ...own]);
  });

  test('says so when the program is not installed', async () => {
    const config = { kind: 'nginx' as const, test: ['no-such-program', '-t'], reload: null };
    expect(linesIn(await createWebServer(config, { env: ENV }).test())).toEqual([
      'no-such-program -t: no-such-program is not installed [web-server-test-failed]',
    ]);
  });

  test('finds programs where a cron job would not look', async () => {
    const config = { kind: 'nginx' as const, test: ['sh', '-c', 'echo $PATH; exit 1'], reload: null };
    const tested = await createWebServer(config, { env: ENV }).test();
    expect(linesIn(tested)).toContainEqual(
      expect.stringMatching(/^\/usr\/bin:\/bin:\/usr\/local\/sbin:\/usr\/sbin/),
    );
  });

  test('does not wait for what a reload leaves running', async () => {
    const config = {
      kind: 'nginx' as const,
      test: null,
      reload: ['sh', '-c', 'sleep 30 & echo $! >&2; exit 1'],
    };
    const startedMs = performance.now();
    const reloaded = await createWebServer(config, { env: ENV }).reload();
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    const left = linesIn(reloaded)[1];
    process.kill(Number(left), 'SIGKILL');
  });
});

describe('the deadline of a verb', () => {
  const config = { kind: 'nginx', test: null, reload: null } as const;
  const slow = ['sh', '-c', 'sleep 60; exit 0'];

  test('is shared by all commands of a test', async () => {
    const own = { test: [slow, slow, slow], reload: null };
    const startedMs = performance.now();
    const tested = await createWebServer(config, { own, env: ENV }).test(timeLimit(300));
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(linesIn(tested)[0]).toMatch(/did not end within 0\.[1-3] s \[web-server-test-failed\]$/);
  });

  test('leaves each command of a reload its part, whatever hangs before it', async ({ directory }) => {
    const { env, calls } = await fakePrograms(directory, ['reload-mail', 'reload-ftp']);
    const own = { test: null, reload: [slow, ['reload-mail'], slow, ['reload-ftp']] };
    const startedMs = performance.now();
    const reloaded = await createWebServer(config, { own, env }).reload(timeLimit(2_000));
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    expect(reloaded.isOk).toBe(false);
    expect(await calls()).toBe('reload-mail \nreload-ftp \n');
  });

  test('is over at once where nothing is left', async () => {
    const tested = await createWebServer({ ...config, test: slow }, { env: ENV }).test(timeLimit(0));
    expect(linesIn(tested)[0]).toMatch(/sh was stopped: the time was over/);
  });
});
