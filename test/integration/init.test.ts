// @module-tag slow
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { exists } from '../../lib/system/read-file.ts';
import { eventually } from '../lab/eventually.ts';
import { certbotHa, CLI } from '../support/cluster/command-line.ts';
import { getentIs } from '../support/programs/getent.ts';
import { run, start } from '../support/programs/program.ts';
import { expect, test } from '../support/temporary.ts';

const KEY = /\b[0-9a-f]{64}\b/;

test('a first node is set up, and hands both files to another one by a pipe', async ({ directory }) => {
  await getentIs(directory, `[ "$1" = group ] && echo "certbot-ha:x:${process.getgid?.() ?? 0}:"`);
  const [first, second] = [join(directory, 'first'), join(directory, 'second')];
  const env = { PATH: process.env['PATH'], CERTBOT_HA_NODE: 'web1' };
  const init = async (...args: readonly string[]) =>
    await certbotHa(['--config', join(first, 'config.yaml'), 'init', ...args], env);
  const nodes = ['--node', 'web1=192.0.2.11', '--node=web2=192.0.2.12', '--web-server', 'nginx'];
  const settings = [...nodes, '--keepalived', '/nowhere', '--vip', '192.0.2.10', '--webroot', '/srv/acme'];

  const shown = await init(...settings, '--dry-run');
  expect(shown).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('web2: 192.0.2.12') });
  expect(await readdir(directory)).toEqual(['getent']);

  const [done, refused] = [await init(...settings), await init(...settings, '--vip', '192.0.2.9')];
  expect(done).toMatchObject({ code: 0, stderr: '' });
  expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('[files-differ]') });
  expect((await readdir(first)).toSorted()).toEqual(['cluster.key', 'config.yaml']);
  for (const { stdout, stderr } of [shown, done, refused]) expect(`${stdout}${stderr}`).not.toMatch(KEY);

  // The key's place is in the configuration: the second node is one more directory here.
  const pipe = `"$0" "$1" init --export | sed "s#$2#$3#" | CERTBOT_HA_NODE=web2 CERTBOT_HA_CONFIG="$3/config.yaml" "$0" "$1" init --join`;
  const joined = await run(['sh', '-c', pipe, process.execPath, CLI, first, second], {
    env: { ...env, CERTBOT_HA_CONFIG: join(first, 'config.yaml') },
  });
  expect(joined).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^this node is web2 /) });
  expect(joined.stdout).not.toMatch(KEY);
  const keyIn = async (node: string) => await readFile(join(node, 'cluster.key'), 'utf8');
  expect(await keyIn(second)).toBe(await keyIn(first));
});

test('at a terminal it asks, offers what was found, says what is wrong, and ends', async ({ directory }) => {
  await getentIs(directory, `[ "$1" = group ] && echo "certbot-ha:x:${process.getgid?.() ?? 0}:"`);
  const running = initAtTerminal(directory);
  const answer = async (question: RegExp, typed: string) => {
    await running.says(question);
    running.child.stdin?.write(`${typed}\n`);
  };
  await answer(/Nodes, .*\r\n/, 'web1');
  await answer(/expected NAME=ADDRESS, .* got \W*web1/, 'web1=192.0.2.11 web2=192.0.2.12');
  await answer(/VIPs, .*\r\n/, '192.0.2.10');
  await answer(/Webroot .*\r\n/, '/srv/acme');
  await answer(/Web server: .*\r\n/, 'nginx');
  // The rest is typed ahead, and more than is asked for.
  await answer(/\[http\] > /, '\n\n');
  expect(await running.ended).toMatchObject({ code: 0, stdout: expect.not.stringMatching(KEY) });
  expect(await readFile(join(directory, 'config.yaml'), 'utf8')).toMatch(
    /web2: 192\.0\.2\.12\n[^]*\/srv\/acme\n/,
  );
});

test.for([
  ['Ctrl-C', '\u0003'],
  ['Ctrl-D', '\u0004'],
])('at a terminal, %s ends it, and nothing is written', async ([, typed], { directory }) => {
  const running = initAtTerminal(directory);
  await running.says(/Nodes, .*\r\n.*> /);
  running.child.stdin?.write(typed);
  expect(await running.ended).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('[set-up-interrupted]'),
  });
  expect(await readdir(directory)).toEqual([]);
});

test('at a terminal, Ctrl-C ends it also where nothing is asked', async ({ directory }) => {
  const [asked, nginx] = [join(directory, 'asked'), join(directory, 'nginx')];
  await writeFile(nginx, `#!/bin/sh\n: >${asked}\nexec sleep 60\n`, { mode: 0o755 });
  const running = initAtTerminal(directory, `${directory}:${process.env['PATH']}`, [
    ...['--node', 'web1=192.0.2.11', '--vip', 'none'],
    ...['--web-server', 'nginx', '--transport', 'http'],
  ]);
  await eventually(async () => await exists(asked), { timeoutMs: 10_000, what: 'nginx to be asked' });
  running.child.stdin?.write('\u0003');
  expect(await running.ended).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('[set-up-interrupted]'),
  });
  expect((await readdir(directory)).toSorted()).toEqual(['asked', 'nginx']);
});

test('a snippet is for the webroot of the configuration', async ({ directory }) => {
  const file = join(directory, 'config.yaml');
  await writeFile(file, 'nodes: {web1: 192.0.2.11}\nwebroot: /srv/acme\n');
  const env = { CERTBOT_HA_CONFIG: file, CERTBOT_HA_NODE: 'web1' };
  const { code, stdout, stderr } = await certbotHa(['snippet', 'nginx'], env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^location \^~ .*\n    root \/srv\/acme;\n[^]*\}\n$/);
});

test.for([
  ['--export', 'which no terminal is to show'],
  ['--join', 'got a terminal'],
] as const)(
  'at a terminal, %s is refused at once, and no key is shown',
  async ([option, why], { directory }) => {
    await writeFile(join(directory, 'cluster.key'), 'ab'.repeat(32), { mode: 0o640 });
    const running = atTerminal(directory, [option]);
    const { code, stdout } = await running.ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: expect.stringContaining(why) });
    expect(stdout).not.toContain('abababab');
    expect(await readdir(directory)).toEqual(['cluster.key']);
  },
);

/** The same where keepalived has nothing to tell. */
function initAtTerminal(directory: string, path = process.env['PATH'], options: readonly string[] = []) {
  return atTerminal(directory, ['--keepalived', '/nowhere', ...options], path);
}

/** `certbot-ha init` on a terminal of its own. */
function atTerminal(directory: string, options: readonly string[], path = process.env['PATH']) {
  const [node, cli] = [process.execPath, CLI];
  const argv = [node, cli, '--config', join(directory, 'config.yaml'), 'init', ...options];
  const running = start(
    ['script', '--quiet', '--return', '--command', `exec ${argv.join(' ')}`, '/dev/null'],
    {
      env: { PATH: path, TERM: 'dumb', CERTBOT_HA_NODE: 'web1' },
      input: null,
      leadsGroup: true,
    },
  );
  onTestFinished(running.kill);
  return running;
}
