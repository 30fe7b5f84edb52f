import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { certbotHa, CLI } from '../support/cluster/command-line.ts';
import { getentIs } from '../support/programs/getent.ts';
import { run } from '../support/programs/program.ts';
import { expect, test } from '../support/temporary.ts';

const KEY = /\b[0-9a-f]{64}\b/;

test('a first node is set up, and hands both files to another one by a pipe', async ({ directory }) => {
  await getentIs(directory, `[ "$1" = group ] && echo "certbot-ha:x:${process.getgid?.() ?? 0}:"`);
  const [first, second] = [join(directory, 'first'), join(directory, 'second')];
  const env = { PATH: process.env['PATH'], CERTBOT_HA_NODE: 'web1' };
  const init = async (...args: readonly string[]) =>
    await certbotHa(['--config', join(first, 'config.yaml'), 'init', ...args], env);
  const nodes = ['--node', 'web1=192.0.2.11', '--node=web2=192.0.2.12', '--web-server', 'nginx'];
  const settings = [...nodes, '--keepalived', '/nowhere', '--vip', '192.0.2.10'];

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

test('a snippet is for the webroot of the configuration', async ({ directory }) => {
  const file = join(directory, 'config.yaml');
  await writeFile(file, 'nodes: {web1: 192.0.2.11}\nwebroot: /srv/acme\n');
  const env = { CERTBOT_HA_CONFIG: file, CERTBOT_HA_NODE: 'web1' };
  const { code, stdout, stderr } = await certbotHa(['snippet', 'nginx'], env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^location \^~ .*\n    root \/srv\/acme;\n[^]*\}\n$/);
});
