import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { certbotHa, CLI } from '../support/cluster/command-line.ts';
import { run } from '../support/programs/program.ts';
import { expect, test } from '../support/temporary.ts';

describe.concurrent('the script of completion', () => {
  const inPath = async (directory: string) => {
    const bin = join(directory, 'bin');
    await mkdir(bin);
    await symlink(CLI, join(bin, 'certbot-ha'));
    return `${bin}:${process.env['PATH']}`;
  };

  test.for([
    ['st', 'status'],
    ['d', 'doctor drill deploy delete'],
    ['--config /x sy', 'sync'],
    ['status --', '--config --help --version --json --watch --check --days --timeout'],
    ['status --json --w', '--watch'],
    ['check --c', '--config --critical'],
    ['delete --', '--config --help --version --force --dry-run --undo --quiet'],
    ['certonly --h', '--help --here'],
    ['adopt --d', '--dry-run --drop-hooks'],
    ['install-lineage --wa', '--watch --wait'],
    ['notify --t', '--test'],
    ['init --e', '--export'],
    ['uni', 'uninstall'],
    ['install --', '--config --help --version --certbot-unit --force --dry-run'],
    ['uninstall --d', '--dry-run'],
    ['drill www', ''],
  ] as const)('completes %j in bash', async ([typed, expected], { directory }) => {
    const script =
      'source <(certbot-ha completion); COMP_WORDS=(certbot-ha "$@"); COMP_CWORD=$#; ' +
      '_certbot-ha_yargs_completions; echo "${COMPREPLY[*]}"';
    const PATH = await inPath(directory);
    const ended = await run(['bash', '--norc', '--noprofile', '-c', script, 'bash', ...typed.split(' ')], {
      env: { PATH },
    });
    expect(ended).toEqual({ code: 0, signal: null, stdout: `${expected}\n`, stderr: '' });
  });

  test('is for zsh where that is the shell, with descriptions', async () => {
    const { code, stdout, stderr } = await certbotHa(['completion'], { SHELL: '/bin/zsh' });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^#compdef certbot-ha\n/);
    const asked = await certbotHa(['--get-yargs-completions', 'certbot-ha', 'st'], { SHELL: '/bin/zsh' });
    expect(asked).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^status:show the nodes/m),
      stderr: '',
    });
  });

  test('is one that zsh can read', async ({ directory, skip }) => {
    const { stdout } = await certbotHa(['completion'], { SHELL: '/bin/zsh' });
    const file = join(directory, '_certbot-ha');
    await writeFile(file, stdout);
    const ended = await run(['zsh', '-n', file]).catch(() => null);
    if (ended === null) return skip('zsh is not installed');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
  });
});
