// @module-tag slow
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CLONE } from '../lab/dist.ts';
import { CLI } from '../support/cluster/command-line.ts';
import { run } from '../support/programs/program.ts';
import { expect, test } from '../support/temporary.ts';

test('the printed module is one that checkmodule compiles and semodule_package packs', async ({
  directory,
  skip,
}) => {
  const had = await run(['scripts/debian-packages.sh', '--required', 'checkpolicy', 'semodule-utils'], {
    cwd: CLONE,
  });
  if (had.code !== 0) skip('checkpolicy and semodule-utils are not installed');
  const config = join(directory, 'config.yaml');
  await writeFile(config, 'nodes: {web1: 127.0.0.11}\nself: web1\n');
  const { stdout, ...printed } = await run([process.execPath, CLI, '--config', config, 'snippet', 'selinux']);
  expect(printed).toMatchObject({ code: 0, stderr: '' });

  // Only a host with SELinux has what loads it.
  const stand = 'semodule() { echo "semodule $*"; }; restorecon() { echo "restorecon $*"; }';
  const made = await run(['sh', '-e', '-c', `${stand}\n${stdout}`], { cwd: directory });
  expect(made).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringMatching(/^semodule -i certbot_ha\.pp\nrestorecon -RF -- .*\n$/),
  });
  expect(await readdir(directory)).toContain('certbot_ha.pp');

  // As it is pasted into a shell that goes on after an error.
  const failing = `checkmodule() { echo refused; return 1; }; ${stand}`;
  const pasted = await run(['sh', '-c', `${failing}\n${stdout}`], { cwd: directory });
  expect(pasted.stdout).toBe('refused\n');
});
