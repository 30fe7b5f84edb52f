// @module-tag slow
import { chmod, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DOCTOR_TIMER, ALL_OWN_UNITS, OWN_UNITS } from '../../../lib/cluster/own-units.ts';
import { dropInOf, UNITS } from '../../../lib/units/files.ts';
import { install } from '../../../lib/units/install.ts';
import { COMMANDS } from '../../../lib/units/programs.ts';
import { expect, test } from '../../support/temporary.ts';
import { configure, DIST, makeHost } from './host.ts';

const AGENT = `${UNITS}/certbot-ha-agent.service`;
const CONF = { users: '/etc/sysusers.d/certbot-ha.conf', directories: '/etc/tmpfiles.d/certbot-ha.conf' };
const LINKS = Object.entries(COMMANDS).map(([name, file]) => `/usr/local/bin/${name} -> ${DIST}/${file}`);
const FILES = [
  ...[CONF.users, CONF.directories, dropInOf('certbot.service'), dropInOf('snap.certbot.renew.service')],
  ...ALL_OWN_UNITS.map((unit) => `${UNITS}/${unit}`),
];
const ENABLE = `systemctl enable --now ${[...OWN_UNITS, DOCTOR_TIMER].join(' ')}`;

test('takes the place of another installation by force alone', async ({ directory }) => {
  const host = await makeHost(directory);
  await host.put('/usr/local/bin/certbot-ha', 'another one');
  await expect(install([], host)).rejects.toMatchObject({ findings: [{ code: 'files-differ' }] });
  expect(await host.tree()).toEqual(['/usr/local/bin/certbot-ha']);
  await rm(join(directory, 'usr/local/bin/certbot-ha'));
  await symlink('/nowhere/cli.js', join(directory, 'usr/local/bin/certbot-ha'));
  await install([], host);
  expect(await host.tree()).toEqual(expect.arrayContaining(LINKS));
});

test('goes on where it was broken off, and says where that was', async ({ directory }) => {
  const host = await makeHost(directory);
  await configure(host);
  host.failing = /daemon-reload/;
  await expect(install([], host)).rejects.toMatchObject({
    exitCode: 1,
    findings: [
      {
        code: 'set-up-command-failed',
        command: 'systemctl daemon-reload',
        end: 'exit 1',
        said: ['it cannot'],
      },
    ],
    hint: 'the steps above are done; the same command goes on from here',
  });
  expect(host.said()).toContain(`done: write ${AGENT}`);
  host.failing = null;
  await rm(join(directory, UNITS, 'certbot-ha-sync.timer'));
  host.ran.length = 0;
  await install([], host);
  expect(host.said().filter((line) => line.startsWith('done: '))).toEqual([
    `done: write ${UNITS}/certbot-ha-sync.timer`,
    'done: run systemctl daemon-reload',
    'done: run systemctl enable certbot-ha-agent.socket',
    `done: run ${ENABLE}`,
  ]);
});

test('names the place that it cannot write', async ({ directory }) => {
  const host = await makeHost(directory);
  await host.put('/etc/systemd/system', 'no directory');
  await expect(install([], host)).rejects.toMatchObject({
    findings: [
      { code: 'not-writable', error: 'EEXIST', place: expect.stringMatching(/certbot-ha-agent.socket$/) },
    ],
  });
});

test('starts nothing by a configuration that is wrong, and says so when the rest is done', async ({
  directory,
}) => {
  const host = await makeHost(directory);
  await configure(host, 'transprot: http\n');
  await expect(install([], host)).rejects.toMatchObject({ findings: [{ code: 'unknown-key' }] });
  expect(host.ran.at(-1)).toBe('systemctl daemon-reload');
  expect(await host.tree()).toEqual(expect.arrayContaining(FILES));
});

test('refuses programs that not everybody may start', async ({ directory }) => {
  const host = await makeHost(directory);
  await chmod(join(host.dist, 'installer.js'), 0o700);
  await expect(install([], host)).rejects.toMatchObject({
    findings: [{ code: 'programs-not-executable', files: [join(host.dist, 'installer.js')] }],
  });
  expect(await host.tree()).toEqual([]);
});

test('refuses programs that the units do not see', async ({ directory }) => {
  const host = await makeHost(directory);
  await expect(install([], { ...host, root: '/nowhere', dist: '/root/dist' })).rejects.toMatchObject({
    findings: [{ code: 'programs-hidden', directory: '/root/dist' }],
    hint: 'cp -rT /root/dist /usr/local/lib/certbot-ha && /usr/local/lib/certbot-ha/cli.js install',
  });
});

test('says what to do where systemd finds no node', async ({ directory }) => {
  const host = await makeHost(directory);
  const asked: object[] = [];
  const run: typeof host.run = async (argv, options) => {
    if (!argv.includes('--version')) return await host.run(argv, options);
    asked.push({ argv, ...options });
    return { code: 127, stdout: '', stderr: "env: 'node': No such file or directory\n", trouble: null };
  };
  await expect(install([], { ...host, run })).rejects.toMatchObject({
    findings: [{ code: 'set-up-command-failed', end: 'exit 127' }],
    hint: expect.stringMatching(/^install -m 0755 \S+ \/usr\/local\/bin\/node: /),
  });
  expect(asked).toMatchObject([
    { user: { uid: 65_534 }, env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin' } },
  ]);
  expect(await host.tree()).toEqual([]);
});

test('needs the whole of dist/', async ({ directory }) => {
  const host = await makeHost(directory);
  await rm(join(host.dist, 'systemd/certbot-ha-sync.timer'));
  await expect(install([], host)).rejects.toMatchObject({ findings: [{ code: 'file-missing' }] });
  expect(await host.tree()).toEqual([]);
});

test('begins nothing where systemd does not answer', async ({ directory }) => {
  const host = await makeHost(directory);
  const run: typeof host.run = async (argv, options) =>
    argv[1] === 'show'
      ? {
          code: null,
          stdout: '',
          stderr: '',
          trouble: { code: 'program-too-slow', program: 'systemctl', seconds: 30 },
        }
      : await host.run(argv, options);
  await expect(install([], { ...host, run })).rejects.toMatchObject({
    findings: [{ code: 'set-up-command-failed', command: 'systemctl show' }],
  });
  expect(await host.tree()).toEqual([]);
});
