import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { DIST } from '../support/cluster/built.ts';
import { certbotHa, CLI } from '../support/cluster/command-line.ts';
import { run } from '../support/programs/program.ts';
import { expect, test } from '../support/temporary.ts';

const COMMANDS =
  'install init snippet status check doctor events drill certonly adopt deploy delete sync notify is-issuer install-lineage agent uninstall completion'.split(
    ' ',
  );

describe.concurrent('help', () => {
  test.for([[['--help']], [['-h']], [['help']]] as const)(
    'of the whole, by %j, lists commands, common options and examples',
    async ([args]) => {
      const { code, stdout, stderr } = await certbotHa(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ +certbot-ha ${command}\\b`, 'm'));
      expect(stdout).toMatch(
        /^Commands:\n[^]*^Options of every command:\n[^]*^Examples:\n[^]*^Exits with 0/m,
      );
      expect(stdout).toMatch(/^ +--config +configuration file +.*\/etc\/certbot-ha\/config\.yaml/m);
    },
  );

  test.for(COMMANDS)('of %s has its usage, options in groups and an example', async (command) => {
    const { code, stdout, stderr } = await certbotHa([command, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^certbot-ha (\\[--config FILE\\] )?${command}\\b`));
    expect(stdout).toMatch(/^Options of every command:\n(?: +.*\n)+\nExamples:\n +.*certbot-ha /m);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(110);
  });

  test.for([
    ['status', ['--json', '--watch', '--check', '--days']],
    ['doctor', ['--json', '--no', '--record', '--wait']],
    ['certonly', ['--here']],
    ['adopt', ['--all', '--dry', '--drop', '--no', '--here']],
    ['delete', ['--force', '--dry', '--undo']],
    ['notify', ['--test']],
    ['snippet', ['--write', '--force']],
    ['install-lineage', ['--watch', '--wait']],
    ['install', ['--certbot', '--force', '--dry']],
    ['uninstall', ['--force', '--dry']],
  ] as const)("of %s has the command's own options first", async ([command, options]) => {
    const { stdout } = await certbotHa([command, '--help']);
    const [, own = ''] = /^Options:\n([^]*)^Options of every command:/m.exec(stdout) ?? [];
    expect([...own.matchAll(/^ +(--\w+)/gm)].map(([, option]) => option)).toEqual(options);
  });

  test('speaks English whatever the locale is', async () => {
    const { stdout } = await certbotHa(['status', '--help'], { LC_ALL: 'de_DE.UTF-8', LANG: 'de_DE.UTF-8' });
    expect(stdout).toContain('Options:');
    const { stderr } = await certbotHa(['status', '--config'], { LC_ALL: 'fr_FR.UTF-8' });
    expect(stderr).toContain('option --config: a value is missing');
  });

  test.for([
    ['head', `"$0" "$1" --help | head -n 1`, 'certbot-ha [--config FILE] COMMAND\n'],
    ['nobody', `("$0" "$1" --help; echo $? >&2) | true`, ''],
    ['nobody, of the version', `("$0" "$1" --version; echo $? >&2) | true`, ''],
  ] as const)('that is read by %s says nothing of it', async ([, script, stdout]) => {
    const ended = await run(['sh', '-c', script, process.execPath, CLI]);
    expect(ended).toMatchObject({ code: 0, stdout });
    expect(ended.stderr).toMatch(/^(?:0\n)?$/);
  });
});

test.concurrent.for([['--help'], ['--version']])(
  '%s to a full disk fails and says why',
  async ([arg], { expect }) => {
    const ended = await run(['sh', '-c', '"$0" "$@" >/dev/full', process.execPath, CLI, arg ?? '']);
    expect(ended).toMatchObject({
      code: 1,
      stderr: 'certbot-ha: stdout cannot be written (ENOSPC) [stdout-not-written]\n',
    });
  },
);

test('the version is that of the package', async () => {
  const { version } = JSON.parse(await readFile(join(DIST, '../package.json'), 'utf8')) as {
    version: string;
  };
  for (const args of [['--version'], ['status', '--version'], ['--config', 'x', '--version']]) {
    expect(await certbotHa(args)).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  }
});
