// @module-tag slow
import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { describe } from 'vitest';
import { CLONE } from '../lab/dist.ts';
import { launchedBy } from '../../lib/state/launched.ts';
import { hookEnv, hookFile } from '../support/cluster/certbot-hook.ts';
import { makeChallenge, makeChallenges } from '../support/cluster/challenge.ts';
import { AUTH, CLEANUP, LEFT_TO_NODE, recordsOf, WITHOUT_NODE } from '../support/cluster/launchers.ts';
import { expect, test, type TestCluster } from '../support/cluster/cluster.ts';
import { lacking } from '../support/lacking.ts';
import { run } from '../support/programs/program.ts';
import { startLastingCertbot, type LastingCertbot } from '../support/programs/lasting-certbot.ts';

const isThere = (program: string) => spawnSync(program, ['--version']).error === undefined;
test.for([['sh'], ['dash'], ['bash', '--posix'], ['busybox', 'sh']])(
  '%s runs an early call to its end without starting a program',
  async (shell, { cluster, skip }) => {
    if (!isThere('strace')) return skip(lacking('needs strace'));
    if (spawnSync(shell[0] ?? '', ['-c', ':']).error !== undefined) return skip(lacking(`needs ${shell[0]}`));
    const records = await recordsOf(cluster);
    const certbot = cluster.keep(startLastingCertbot());
    const batch = makeChallenges(2);
    for (const [launcher, said] of [
      [AUTH, 'n0.example.test: recorded, 1 more to come\n'],
      [CLEANUP, ''],
    ] as const) {
      const trace = join(cluster.directory, 'trace');
      const argv = ['strace', '-f', '-o', trace, '-e', 'trace=process', ...shell, launcher];
      const env = hookEnv(cluster, batch[0] ?? makeChallenge(), { remainingChallenges: 1, batch });
      expect(await certbot.run(argv, env)).toMatchObject({ code: 0, stdout: said, stderr: '' });
      const calls = (await readFile(trace, 'utf8')).match(/\b(?:execve|clone3?|v?fork)\(/g);
      expect(calls).toEqual(['execve(']);
    }
    expect(await readdir(records)).toEqual([`${batch[0]?.token}.certbot-ha-record`]);
  },
);

test('thirty names start Node.js twice: for the last auth hook, and for the last clean-up hook', async ({
  cluster,
}) => {
  await recordsOf(cluster);
  await cluster.startAll();
  const bin = join(cluster.directory, 'bin');
  const started = join(cluster.directory, 'started');
  await mkdir(bin);
  await writeFile(join(bin, 'node'), `#!/bin/sh\necho "$@" >>${started}\nexec ${process.execPath} "$@"\n`);
  await chmod(join(bin, 'node'), 0o755);
  const batch = makeChallenges(30);
  const certbot = cluster.keep(startLastingCertbot());
  const run = async (launcher: string) => {
    const said: string[] = [];
    for (const [index, challenge] of batch.entries()) {
      const env = hookEnv(cluster, challenge, { remainingChallenges: 29 - index, batch });
      const PATH = `${bin}${delimiter}${process.env['PATH']}`;
      const ended = await certbot.run([launcher], { ...env, PATH });
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      said.push(ended.stdout);
    }
    return said;
  };

  const said = await run(AUTH);
  expect(said[0]).toBe('n0.example.test: recorded, 29 more to come\n');
  expect(said.at(-1)).toMatch(/^30 challenges: served by web1, web2, web3 after/);
  for (const tokens of await cluster.tokens()) expect(tokens).toHaveLength(30);
  await run(CLEANUP);
  expect(await cluster.tokens()).toEqual([[], [], []]);
  expect(await readFile(started, 'utf8')).toBe(`${AUTH}\n${CLEANUP}\n`);
});

test('the first call after a boot makes the directory, and from then on no early call starts Node.js', async ({
  cluster,
}) => {
  const batch = makeChallenges(3);
  const certbot = cluster.keep(startLastingCertbot());
  const run = async (index: number, more: NodeJS.ProcessEnv = {}) => {
    const challenge = batch[index] ?? makeChallenge();
    return await certbot.run([AUTH], {
      ...hookEnv(cluster, challenge, { remainingChallenges: 2 - index, batch }),
      ...more,
    });
  };
  expect((await run(0, WITHOUT_NODE)).code).toBe(LEFT_TO_NODE);
  expect(await run(0)).toMatchObject({ code: 0, stdout: 'n0.example.test: recorded, 2 more to come\n' });
  expect(await run(1, WITHOUT_NODE)).toMatchObject({
    code: 0,
    stdout: 'n1.example.test: recorded, 1 more to come\n',
  });
  await cluster.startAll();
  expect((await run(2)).stdout).toMatch(/^3 challenges: served by/);
});

test.for([
  ['is not set', undefined],
  ['names another one', '/absent.yaml'],
] as const)(
  'what was recorded with --config is of the batch of the same --config, where the variable %s',
  async ([, variable], { cluster }) => {
    await recordsOf(cluster);
    await cluster.startAll();
    const batch = makeChallenges(2);
    const certbot = cluster.keep(startLastingCertbot());
    const run = async (index: number, more: NodeJS.ProcessEnv = {}) => {
      const env = { CERTBOT_HA_CONFIG: variable, ...more };
      const options = { remainingChallenges: 1 - index, batch, env };
      const argv = [AUTH, '--config', cluster.configFile];
      return await certbot.run(argv, hookEnv(cluster, batch[index] ?? makeChallenge(), options));
    };
    expect(await run(0, WITHOUT_NODE)).toMatchObject({ code: 0, stderr: '' });
    const last = await run(1);
    expect(last).toMatchObject({ code: 0, stderr: '' });
    expect(last.stdout).toMatch(/^2 challenges: served by web1, web2, web3 after/);
    for (const tokens of await cluster.tokens())
      expect(tokens.toSorted()).toEqual(batch.map(({ token }) => token).toSorted());
  },
);

describe('a certbot of another name has all of its batch, though a program in Python', () => {
  const inTwoCalls = async (cluster: TestCluster, hook: readonly string[]) => {
    await recordsOf(cluster);
    await cluster.startAll();
    const batch = makeChallenges(2);
    return [WITHOUT_NODE, {}].map((more, index) => {
      const options = { remainingChallenges: 1 - index, batch, env: more };
      const env = Object.entries(hookEnv(cluster, batch[index] ?? makeChallenge(), options));
      const argv = ['env', ...env.map((entry) => entry.join('=')), ...hook];
      return argv.map((word) => `'${word}'`).join(' ');
    });
  };
  const SAID = /^n0\.example\.test: recorded, 1 more to come\n2 challenges: served by .*\nexit 0\n$/;

  test('that started it has ended between the calls', async ({ cluster }) => {
    const [early, last] = await inTwoCalls(cluster, [AUTH]);
    // What it holds of the pipe goes when it has ended.
    const wrapper =
      'import os, subprocess, sys; ended = os.pipe(); subprocess.run(["sh", "-c", sys.argv[1]], stdin=ended[0])';
    const client = `${early}; kill "$PPID"; read -r ended; ${last}; echo "exit $?"`;
    const ended = await run(['python3', '-c', wrapper, client]);
    expect(ended).toMatchObject({ signal: 'SIGTERM', stderr: '' });
    expect(ended.stdout).toMatch(SAID);
  });

  test('is its hook, starts the launcher and ends with each call', async ({ cluster }) => {
    const hook = 'import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)';
    const [early, last] = await inTwoCalls(cluster, ['/usr/bin/python3', '-c', hook, AUTH]);
    const ended = await run(['sh', '-c', `${early}; ${last}; echo "exit $?"`]);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(SAID);
  });
});

describe('a launcher leaves it to Node.js', () => {
  const code = async (
    cluster: TestCluster,
    certbot: LastingCertbot,
    env: NodeJS.ProcessEnv,
    argv: readonly string[] = [],
  ) => {
    const all = { ...hookEnv(cluster, makeChallenge(), { remainingChallenges: 1 }), ...WITHOUT_NODE, ...env };
    return (await certbot.run([AUTH, ...argv], all)).code;
  };

  test('with arguments that it does not know', async ({ cluster }) => {
    await recordsOf(cluster);
    const certbot = cluster.keep(startLastingCertbot());
    expect(await code(cluster, certbot, {}, ['--config', '/x'])).toBe(0);
    for (const argv of [
      ['--confg', '/x'],
      ['--help'],
      ['--config'],
      ['--config', ''],
      ['--config', 'x.yaml'],
      ['--config', '/x', 'y'],
    ])
      expect({ argv, code: await code(cluster, certbot, {}, argv) }).toEqual({ argv, code: LEFT_TO_NODE });
  });

  test('where there is no directory, or it is a link, a file or another user’s', async ({
    cluster,
    skip,
  }) => {
    const records = await recordsOf(cluster);
    const certbot = cluster.keep(startLastingCertbot());
    const at = async (place: string) => await code(cluster, certbot, { CERTBOT_HA_RECORDS: place });
    const link = join(cluster.directory, 'link');
    await symlink(records, link);
    expect(await at(records)).toBe(0);
    const others = [join(cluster.directory, 'absent'), `${records}/`, `${link}/`, '.'];
    for (const place of [link, cluster.keyFile, ...others]) expect(await at(place)).toBe(LEFT_TO_NODE);
    if (process.getuid?.() !== 0) return skip('needs root');
    execFileSync('chown', ['nobody', records]);
    expect(await at(records)).toBe(LEFT_TO_NODE);
  });

  test('where the challenge is recorded already, and a file, a pipe or a link there stays as it is', async ({
    cluster,
  }) => {
    const records = await recordsOf(cluster);
    const certbot = cluster.keep(startLastingCertbot());
    const precious = join(cluster.directory, 'precious');
    const { token, keyAuthorization } = makeChallenge();
    const env = { CERTBOT_TOKEN: token, CERTBOT_VALIDATION: keyAuthorization };
    const record = join(records, `${token}.certbot-ha-record`);
    await symlink(precious, record);
    expect(await code(cluster, certbot, env)).toBe(LEFT_TO_NODE);
    await writeFile(precious, 'as it was');
    expect(await code(cluster, certbot, env)).toBe(LEFT_TO_NODE);
    await rm(record);
    execFileSync('mkfifo', [record]);
    expect(await code(cluster, certbot, env)).toBe(LEFT_TO_NODE);
    expect(await readFile(precious, 'utf8')).toBe('as it was');
  });

  test('below a program whose name has a line break', async ({ cluster }) => {
    await recordsOf(cluster);
    const certbot = cluster.keep(startLastingCertbot());
    const python = join(cluster.directory, 'python\n');
    await symlink('/bin/sh', python);
    const env = { ...hookEnv(cluster, makeChallenge(), { remainingChallenges: 1 }), ...WITHOUT_NODE };
    const ended = await certbot.run([python, '-c', '"$0"; exit "$?"', AUTH], env);
    expect(ended.code).toBe(LEFT_TO_NODE);
  });

  test('where no file may be so large, and the hook says what it says', async ({ cluster }) => {
    const records = await recordsOf(cluster);
    const certbot = cluster.keep(startLastingCertbot());
    const env = hookEnv(cluster, makeChallenge(), { remainingChallenges: 1 });
    const run = async (hook: readonly string[]) =>
      await certbot.run(['sh', '-c', 'ulimit -f 0; exec "$@"', 'sh', ...hook], env);
    const said = await run([process.execPath, hookFile('auth')]);
    expect(said).toMatchObject({ code: 1, stdout: '' });
    expect(said.stderr).toContain('[challenge-not-recorded]');
    expect(await run([AUTH])).toEqual(said);
    expect(launchedBy(env).all()).toEqual([]);
    await certbot.run([AUTH], env);
    expect(await readdir(records)).toEqual([]);
  });

  test('where the last call could not read the record', async ({ cluster, skip }) => {
    await recordsOf(cluster);
    const certbot = cluster.keep(startLastingCertbot());
    const run = async (umask: string, before: readonly string[]) => {
      const env = { ...hookEnv(cluster, makeChallenge(), { remainingChallenges: 1 }), ...WITHOUT_NODE };
      const script = `umask ${umask}; exec "$@"`;
      return (await certbot.run(['/bin/sh', '-c', script, 'sh', ...before, AUTH], env)).code;
    };
    // Root reads whatever the mode is.
    const isRoot = process.getuid?.() === 0;
    const before = isRoot ? ['/usr/bin/setpriv', '--bounding-set=-dac_override,-dac_read_search'] : [];
    if (isRoot && !isThere('/usr/bin/setpriv')) return skip(lacking('needs setpriv'));
    expect(await run('077', before)).toBe(0);
    expect(await run('777', before)).toBe(LEFT_TO_NODE);
  });

  test('on a full disk, and the hook says what it says', async ({ cluster, skip }) => {
    if (process.getuid?.() !== 0) return skip('needs root');
    const records = await recordsOf(cluster);
    const script =
      'mount -t tmpfs -o size=4k none "$0" && chmod 700 "$0" && echo x >"$0/x"; "$@"; status=$?; wc -c "$0"/*; exit $status';
    const env = hookEnv(cluster, makeChallenge(), { remainingChallenges: 1 });
    const certbot = cluster.keep(startLastingCertbot());
    const ended = await certbot.run(['unshare', '-m', 'sh', '-c', script, records, AUTH], env);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toContain('a.example.test: recorded, 1 more to come\n');
    expect(await readdir(join(cluster.stateDir, 'pending'))).toHaveLength(1);
  });
});

test('what is exported, whatever its name, reaches the hook as it was', async ({ cluster }) => {
  const records = await recordsOf(cluster);
  const certbot = cluster.keep(startLastingCertbot());
  const bin = join(cluster.directory, 'bin');
  await mkdir(bin);
  const node = `#!${process.execPath}\nprocess.stdout.write(JSON.stringify(process.env));\n`;
  await writeFile(join(bin, 'node'), node, { mode: 0o755 });
  const words = (await readFile(AUTH, 'utf8')).match(/\b[a-z][a-z\d]*\b/g) ?? [];
  const exported = Object.fromEntries(words.map((word) => [word, 'the operator’s']));
  const challenge = makeChallenge();
  await writeFile(join(records, `${challenge.token}.certbot-ha-record`), '');
  const env = { ...hookEnv(cluster, challenge, { remainingChallenges: 1 }), ...exported, PATH: bin };
  const ended = await certbot.run([AUTH], env);
  expect(JSON.parse(ended.stdout)).toMatchObject(env);
});

test('options of bash in the environment change nothing', async ({ cluster, skip }) => {
  if (!isThere('bash')) return skip(lacking('needs bash'));
  await recordsOf(cluster);
  const certbot = cluster.keep(startLastingCertbot());
  const env = hookEnv(cluster, makeChallenge(), { remainingChallenges: 1 });
  const ended = await certbot.run(['bash', '--posix', AUTH], { ...env, SHELLOPTS: 'allexport:nounset' });
  expect(ended).toMatchObject({ code: 0, stdout: 'a.example.test: recorded, 1 more to come\n' });
});

test('a launcher finds its hook through links', async ({ cluster }) => {
  const [link, one] = [join(cluster.directory, 'certbot-ha-auth'), join(cluster.directory, 'bin')];
  await mkdir(one);
  await symlink(AUTH, join(one, 'certbot-ha-auth'));
  await symlink('bin/certbot-ha-auth', link);
  const PATH = [cluster.directory, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter);
  const said = execFileSync('sh', ['-c', 'certbot-ha-auth --help'], {
    env: { PATH },
    cwd: '/',
    encoding: 'utf8',
  });
  expect(said).toContain('usage: certbot-ha-auth [--config FILE]');
});

test('shellcheck has nothing to say of launchers', ({ skip }) => {
  if (!isThere('shellcheck')) return skip(lacking('needs shellcheck'));
  const { status, stdout } = spawnSync('shellcheck', [join(CLONE, 'hooks/launcher.sh'), AUTH, CLEANUP], {
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
});
