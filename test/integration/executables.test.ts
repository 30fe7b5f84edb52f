import { readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { DIST } from '../support/cluster/built.ts';
import { run } from '../support/programs/program.ts';
import { expect, test } from '../support/temporary.ts';

test('no built file has a character for which V8 would keep two bytes for each', async () => {
  const files = (await readdir(DIST, { recursive: true })).filter((name) => name.endsWith('.js'));
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) expect(await readFile(join(DIST, file), 'utf8')).not.toMatch(/[^\0-\u00ff]/);
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
  for (const unit of ['agent', 'installer', 'sync', 'notify', 'watch']) {
    const text = await readFile(join(DIST, `../systemd/certbot-ha-${unit}.service`), 'utf8');
    const started = [...text.matchAll(/^Exec\w+=-?\/usr\/local\/bin\/(\S+)/gm)].map(([, name]) => name);
    expect(started.length).toBeGreaterThan(0);
    for (const name of started) expect(Object.keys(bin)).toContain(name);
  }
});

test.for([
  'certbot-ha-agent.service',
  'certbot-ha-installer.service',
  'certbot-ha-sync.service',
  'certbot-ha-notify.service',
  'certbot-ha-doctor.service',
  'certbot-ha-watch.service',
  'certbot.service.d/certbot-ha.conf',
])('%s leaves no core dump, which would hold keys', async (unit) => {
  expect(await readFile(join(DIST, '../systemd', unit), 'utf8')).toMatch(/^LimitCORE=0$/m);
});
