import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { DIST } from '../support/cluster/built.ts';
import { run } from '../support/programs/program.ts';
import { expect, test } from '../support/temporary.ts';

const CLI = join(DIST, 'cli.js');
const COMMANDS = 'status drill certonly deploy sync is-issuer install-lineage agent completion'.split(' ');

/** Without a configuration: what is tested here ends before one is read, or says that there is none. */
async function certbotHa(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return await run([process.execPath, CLI, ...args], {
    env: { PATH: process.env['PATH'], CERTBOT_HA_CONFIG: '/nowhere/default.yaml', ...env },
  });
}

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
    ['status', ['--json', '--watch']],
    ['certonly', ['--here']],
    ['install-lineage', ['--watch', '--wait']],
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

test.concurrent.for([
  ['no command', [], 'a command is missing [usage]'],
  ['no command but --', ['--', 'status'], 'a command is missing [usage]'],
  ['a misspelt command', ['stauts'], 'unknown command stauts (did you mean status?) [usage]'],
  [
    'a command without its end',
    ['instal-lineag'],
    'unknown command instal-lineag (did you mean install-lineage?) [usage]',
  ],
  ['an unknown command', ['frobnicate'], 'unknown command frobnicate [usage]'],
  ['an empty command', [''], 'unknown command "" [usage]'],
  ['a misspelt option', ['status', '--jsno'], 'unknown option --jsno (did you mean --json?) [usage]'],
  ['one dash too few', ['status', '-json'], 'unknown option -json (did you mean --json?) [usage]'],
  [
    'a misspelt common option',
    ['--cofnig', 'x', 'status'],
    'unknown option --cofnig (did you mean --config?) [usage]',
  ],
  ['an option of a command that systemd starts', ['is-issuer', '--json'], 'unknown option --json [usage]'],
  ['an unknown short option', ['sync', '-x'], 'unknown option -x [usage]'],
  ['an option of another command', ['drill', '--json'], 'unknown option --json [usage]'],
  ['an option of a command before it', ['--json', 'status'], 'unknown option --json [usage]'],
  ["an argument's name as option", ['deploy', '--lineages', 'a'], 'unknown option --lineages [usage]'],
  ['a negated option', ['status', '--no-json'], 'unknown option --no-json [usage]'],
  ['a value for an option that takes none', ['status', '--json=no'], 'option --json takes no value [usage]'],
  [
    'options that exclude each other',
    ['status', '--json', '--watch'],
    'options --watch and --json exclude each other [usage]',
  ],
  [
    'the others that do',
    ['install-lineage', '--watch', '--wait', '1'],
    'options --wait and --watch exclude each other [usage]',
  ],
  ['--config without a value', ['status', '--config'], 'option --config: a value is missing [usage]'],
  [
    '--config before another option',
    ['status', '--config', '--json'],
    'option --config: a value is missing [usage]',
  ],
  ['--wait without a value', ['install-lineage', '--wait'], 'option --wait: a value is missing [usage]'],
  ['arguments too many', ['sync', 'web2', 'web3'], 'sync: too many arguments: web2 web3 [usage]'],
  ['an argument too many behind --', ['agent', '--', '--help'], 'agent: too many arguments: --help [usage]'],
  [
    'a time that is none',
    ['install-lineage', '--wait', '1m'],
    '--wait: expected a number of seconds, at most 3600, got "1m" [usage]',
  ],
  [
    'the last of two times',
    ['install-lineage', '--wait', '1', '--wait', 'x'],
    '--wait: expected a number of seconds, at most 3600, got "x" [usage]',
  ],
  [
    'one name of several',
    ['drill', 'a.test', 'b..test', 'c.test'],
    'drill: expected a DNS name or an IP address, got "b..test" [not-a-name]',
  ],
  [
    'a time that is too long',
    ['install-lineage', '--wait=3601'],
    '--wait: expected a number of seconds, at most 3600, got "3601" [usage]',
  ],
  [
    'a name that is none',
    ['drill', '*.example.test'],
    'drill: expected a DNS name or an IP address, got "*.example.test" [not-a-name]',
  ],
  [
    'a name behind --',
    ['drill', '--', '--json'],
    'drill: expected a DNS name or an IP address, got "--json" [not-a-name]',
  ],
] as const)('%s exits with 2 and says so, with a next step', async ([, args, words], { expect }) => {
  const { code, stdout, stderr } = await certbotHa(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  const [line, hint, ...more] = stderr.trimEnd().split('\n');
  expect(line).toBe(`certbot-ha: ${words}`);
  expect(hint ?? 'certbot-ha:   certbot-ha --help').toMatch(/^certbot-ha: {3}certbot-ha (?:[a-z-]+ )?--help/);
  expect(more).toEqual([]);
});

test.concurrent.for([
  ['before the command', ['--config', '/nowhere/config.yaml', 'status']],
  ['behind the command', ['status', '--config', '/nowhere/config.yaml']],
  ['with =', ['status', '--config=/nowhere/config.yaml']],
  ['the last of two', ['--config', '/nowhere/other.yaml', 'status', '--config', '/nowhere/config.yaml']],
  ['before a command that systemd starts', ['--config', '/nowhere/config.yaml', 'sync']],
  ['behind a command that systemd starts', ['agent', '--config', '/nowhere/config.yaml']],
  ['with = for one', ['is-issuer', '--config=/nowhere/config.yaml']],
  [
    'before certonly',
    ['--config', '/nowhere/config.yaml', 'certonly', '--config', '/etc/cli.ini', '-d', 'a.test'],
  ],
] as const)('--config %s counts, rather than CERTBOT_HA_CONFIG', async ([, args], { expect }) => {
  const { code, stderr } = await certbotHa(args);
  expect(code).toBe(2);
  expect(stderr).toContain('configuration /nowhere/config.yaml: no such file');
});

describe.concurrent('the script of completion', () => {
  const inPath = async (directory: string) => {
    const bin = join(directory, 'bin');
    await mkdir(bin);
    await symlink(CLI, join(bin, 'certbot-ha'));
    return `${bin}:${process.env['PATH']}`;
  };

  test.for([
    ['st', 'status'],
    ['d', 'drill deploy'],
    ['--config /x sy', 'sync'],
    ['status --', '--config --help --version --json --watch'],
    ['status --json --w', '--watch'],
    ['certonly --h', '--help --here'],
    ['install-lineage --wa', '--watch --wait'],
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

describe.concurrent('the installer alone', () => {
  const installer = async (...args: readonly string[]) =>
    await run([process.execPath, join(DIST, 'installer.js'), ...args], {
      env: { PATH: process.env['PATH'], CERTBOT_HA_CONFIG: '/nowhere/default.yaml' },
    });
  const HINT = 'certbot-ha:   usage: certbot-ha-installer [--config FILE] [--watch | --wait SECONDS]\n';

  test.for([
    [['--wacth'], "certbot-ha-installer: unknown option '--wacth'"],
    [['--wait'], "certbot-ha-installer: option '--wait <value>' argument missing"],
    [['--watch', '--wait', '1'], 'certbot-ha-installer: options --watch and --wait exclude each other'],
    [['web1'], "certbot-ha-installer: unexpected argument 'web1'"],
  ] as const)('refuses %j', async ([args, words]) => {
    expect(await installer(...args)).toMatchObject({
      ...{ code: 2, stdout: '' },
      stderr: `certbot-ha: ${words} [usage]\n${HINT}`,
    });
  });

  test('refuses a time that is none', async () => {
    const { code, stderr } = await installer('--wait', 'soon');
    expect(code).toBe(2);
    expect(stderr).toBe(
      'certbot-ha: --wait: expected a number of seconds, at most 3600, got "soon" [usage]\n',
    );
  });

  test('takes --config, and explains itself with --help', async () => {
    const { code, stderr } = await installer('--config', '/nowhere/config.yaml');
    expect(code).toBe(2);
    expect(stderr).toContain('configuration /nowhere/config.yaml: no such file');
    expect(await installer('--help')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^usage: certbot-ha-installer \[/),
      stderr: '',
    });
  });
});

test('an executable is what certbot and systemd start, wherever it is linked to', async ({ directory }) => {
  const { bin } = JSON.parse(await readFile(join(DIST, '../package.json'), 'utf8')) as {
    bin: Readonly<Record<string, string>>;
  };
  expect(Object.keys(bin)).toContain('certbot-ha-installer');
  for (const [name, file] of Object.entries(bin)) {
    await symlink(join(DIST, '..', file), join(directory, name));
    const { code, stdout } = await run([join(directory, name), '--help']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(name) });
  }
});

test('all that a unit starts is what the package has', async () => {
  const { bin } = JSON.parse(await readFile(join(DIST, '../package.json'), 'utf8')) as { bin: object };
  for (const unit of ['agent', 'installer', 'sync']) {
    const text = await readFile(join(DIST, `../systemd/certbot-ha-${unit}.service`), 'utf8');
    const started = [...text.matchAll(/^Exec\w+=-?\/usr\/local\/bin\/(\S+)/gm)].map(([, name]) => name);
    expect(started.length).toBeGreaterThan(0);
    for (const name of started) expect(Object.keys(bin)).toContain(name);
  }
});
