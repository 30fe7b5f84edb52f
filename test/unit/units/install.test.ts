// @module-tag slow
import { mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AGENT_SOCKET, ALL_OWN_UNITS, DOCTOR_TIMER, OWN_UNITS } from '../../../lib/cluster/own-units.ts';
import { asWritten } from '../../../lib/units/as-written.ts';
import { dropInOf, UNITS } from '../../../lib/units/files.ts';
import { install } from '../../../lib/units/install.ts';
import { COMMANDS } from '../../../lib/units/programs.ts';
import { SOCKET_DROP_IN } from '../../../lib/units/socket.ts';
import { expect, test } from '../../support/temporary.ts';
import { configure, DIST, makeHost, SYSTEMD } from './host.ts';

const AGENT = `${UNITS}/certbot-ha-agent.service`;
const CONF = { users: '/etc/sysusers.d/certbot-ha.conf', directories: '/etc/tmpfiles.d/certbot-ha.conf' };
const LINKS = Object.entries(COMMANDS).map(([name, file]) => `/usr/local/bin/${name} -> ${DIST}/${file}`);
const FILES = [
  ...[CONF.users, CONF.directories, dropInOf('certbot.service'), dropInOf('snap.certbot.renew.service')],
  dropInOf('certbot-renew.service'),
  ...ALL_OWN_UNITS.map((unit) => `${UNITS}/${unit}`),
];
const ENABLE = `systemctl enable --now ${[...OWN_UNITS, DOCTOR_TIMER].join(' ')}`;

test('the lists are those of the package and of systemd/', async () => {
  const { bin } = JSON.parse(await readFile(join(SYSTEMD, '../package.json'), 'utf8')) as { bin: object };
  expect(bin).toEqual(
    Object.fromEntries(Object.entries(COMMANDS).map(([name, file]) => [name, `dist/${file}`])),
  );
  const units = (await readdir(SYSTEMD)).filter((name) => name.startsWith('certbot-ha-'));
  expect([...ALL_OWN_UNITS].toSorted()).toEqual(units.toSorted());
});

test('puts everything in place, and starts nothing without a configuration', async ({ directory }) => {
  const host = await makeHost(directory);
  await install([], host);
  const tree = await host.tree();
  for (const name of [...FILES, ...LINKS]) expect(tree).toContain(name);
  expect(tree).toContain('/usr/share/nginx/letsencrypt/.well-known/acme-challenge/');
  expect(host.ran).toEqual([
    `systemd-sysusers --root= ${CONF.users}`,
    `systemd-tmpfiles --create --root= ${CONF.directories}`,
    'systemctl daemon-reload',
  ]);
  const source = await readFile(join(SYSTEMD, 'certbot-ha-agent.service'), 'utf8');
  expect(await host.read(AGENT)).toBe(asWritten(source));
  expect(host.said().slice(-2)).toEqual([
    'nothing is enabled yet: /etc/certbot-ha/config.yaml is not there',
    'next: certbot-ha init, or certbot-ha init --join; then certbot-ha install once more',
  ]);
});

test('enables what the transport needs when configuration and key are there, and then has nothing to do', async ({
  directory,
}) => {
  const host = await makeHost(directory);
  await configure(host, 'notify: [{mail: root}]\n');
  await install([], host);
  expect(host.ran.at(-1)).toBe(`${ENABLE} certbot-ha-notify.timer`);
  const before = await host.tree();
  host.said();
  host.ran.length = 0;
  await install([], host);
  const said = host.said();
  expect(said.at(-1)).toBe('nothing to do');
  for (const file of [...FILES, '/usr/local/bin/certbot-ha'])
    expect(said).toContain(`already there: ${file}`);
  expect(host.ran).toEqual([]);
  expect(await host.tree()).toEqual(before);
});

test('has systemd hold the addresses of the agent, also of one that runs already, and changed ones', async ({
  directory,
}) => {
  const host = await makeHost(directory);
  await configure(host);
  await install([], host);
  expect(await host.read(SOCKET_DROP_IN)).toBe(
    asWritten('[Socket]\nListenStream=\nListenStream=192.0.2.11:9480\nListenStream=127.0.0.1:9481\n'),
  );
  host.enabled.delete(AGENT_SOCKET);
  host.ran.length = 0;
  await install([], host);
  expect(host.ran).toEqual([
    `systemctl enable ${AGENT_SOCKET}`,
    'systemctl stop certbot-ha-agent.service',
    `systemctl start ${AGENT_SOCKET} certbot-ha-agent.service`,
  ]);

  await configure(host, '', { address: '192.0.2.21' });
  host.ran.length = 0;
  await install([], host);
  expect(await host.read(SOCKET_DROP_IN)).toContain('\nListenStream=192.0.2.21:9480\n');
  expect(host.ran).toEqual([
    'systemctl daemon-reload',
    `systemctl stop ${AGENT_SOCKET} certbot-ha-agent.service`,
    `systemctl start ${AGENT_SOCKET} certbot-ha-agent.service`,
  ]);
});

test.for([
  ['rsync', 'systemctl enable --now certbot-ha-installer.path certbot-ha-sync.timer certbot-ha-doctor.timer'],
  ['shared', 'systemctl enable --now certbot-ha-sync.timer certbot-ha-watch.service certbot-ha-doctor.timer'],
] as const)('enables less for %s', async ([transport, command], { directory }) => {
  const host = await makeHost(directory);
  await configure(host, `transport: ${transport}\n`);
  await install([], host);
  expect(host.ran.at(-1)).toBe(command);
});

test('enables nothing without the key', async ({ directory }) => {
  const host = await makeHost(directory);
  await configure(host);
  await rm(join(directory, 'etc/certbot-ha/cluster.key'));
  await install([], host);
  expect(host.said()).toContain('nothing is enabled yet: /etc/certbot-ha/cluster.key is not there');
  expect(host.ran.at(-1)).toBe('systemctl daemon-reload');
});

test('says what it would do, and does nothing', async ({ directory }) => {
  const host = await makeHost(directory, { isDryRun: true });
  await configure(host);
  const before = await host.tree();
  await install([], host);
  expect(await host.tree()).toEqual(before);
  expect(host.ran).toEqual([]);
  const said = host.said();
  expect(said).toContain(`would write ${AGENT}`);
  expect(said.at(-1)).toBe(`would run ${ENABLE}`);
  for (const line of said) expect(line).toMatch(/^would /);
});

test('keeps what somebody has changed, and replaces it by force with a copy', async ({ directory }) => {
  const host = await makeHost(directory);
  await install([], host);
  const changed = `${await host.read(AGENT)}Nice=5\n`;
  await host.put(AGENT, changed);
  host.said();
  await install([], host);
  expect(host.said()).toContain(
    `kept: ${AGENT}: not as certbot-ha install writes it; certbot-ha install --force replaces it, and keeps a copy`,
  );
  expect(await host.read(AGENT)).toBe(changed);
  await install([], { ...host, isForced: true });
  expect(await host.read(`${AGENT}.before-20260102T030405.678Z`)).toBe(changed);
  expect(await host.read(AGENT)).toBe(asWritten(await host.read(`${DIST}/systemd/certbot-ha-agent.service`)));
});

test('updates what another version has written, and restarts what runs by it', async ({ directory }) => {
  const host = await makeHost(directory);
  await configure(host);
  await install([], host);
  await host.put(AGENT, asWritten('[Service]\nExecStart=/usr/local/bin/certbot-ha agent --earlier\n'));
  host.said();
  host.ran.length = 0;
  await install([], host);
  expect(host.said()).toContain(`done: update ${AGENT}`);
  expect(host.ran).toEqual(['systemctl daemon-reload', 'systemctl try-restart certbot-ha-agent.service']);
});

test('takes files that a hand has copied for its own', async ({ directory }) => {
  const host = await makeHost(directory);
  await host.put(AGENT, await readFile(join(SYSTEMD, 'certbot-ha-agent.service'), 'utf8'));
  await install([], host);
  expect(host.said()).toContain(`already there: ${AGENT}`);
});

test('leaves a unit that is masked, and says how to have it again', async ({ directory }) => {
  const host = await makeHost(directory);
  await mkdir(join(directory, UNITS), { recursive: true });
  await symlink('/dev/null', join(directory, AGENT));
  await install([], host);
  expect(host.said()).toContain(
    `kept: ${AGENT}: masked; to have it again: systemctl unmask certbot-ha-agent.service`,
  );
  expect(await host.tree()).toContainEqual(expect.stringMatching(/agent\.service -> /));
});

test('uses the links of npm where systemd finds them', async ({ directory }) => {
  const host = await makeHost(directory);
  await mkdir(join(directory, 'usr/bin'), { recursive: true });
  for (const [name, file] of Object.entries(COMMANDS)) {
    await symlink(`../local/lib/certbot-ha/${file}`, join(directory, 'usr/bin', name));
  }
  await install([], host);
  expect(await host.read(AGENT)).toContain('\nExecStart=/usr/bin/certbot-ha agent\n');
  expect(await host.tree()).not.toContainEqual(expect.stringMatching(/^\/usr\/local\/bin/));
});

test('renews the links of an earlier version of itself, and takes those of another for somebody else’s', async ({
  directory,
}) => {
  const host = await makeHost(directory);
  await mkdir(join(directory, 'usr/local/bin'), { recursive: true });
  const file = join(directory, 'usr/local/lib/certbot-ha/hooks/auth.js');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, '');
  const link = join(directory, 'usr/local/bin/certbot-ha-auth');
  await symlink('../lib/certbot-ha/hooks/auth.js', link);
  await install([], host);
  expect(await readlink(link)).toMatch(/\/hooks\/certbot-ha-auth$/);

  const other = join(directory, 'opt/hooks/auth.js');
  await mkdir(dirname(other), { recursive: true });
  await writeFile(other, '');
  await rm(link);
  await symlink(other, link);
  await expect(install([], host)).rejects.toThrow(link);
});

test('puts the question before whatever renews here, and before what is named', async ({ directory }) => {
  const host = await makeHost(directory, { hasOtherTimer: true });
  await install(['own.service'], host);
  const text = await host.read(dropInOf('own-renewal.service'));
  expect(text).toBe(await host.read(dropInOf('certbot.service')));
  expect(await host.read(dropInOf('own.service'))).toBe(text);
});

test('enables nothing where systemd does not run, as where an image is made', async ({ directory }) => {
  const host = await makeHost(directory);
  await configure(host);
  await rm(join(directory, 'run'), { recursive: true });
  await install([], host);
  expect(host.ran.map((command) => command.split(' ')[0])).toEqual(['systemd-sysusers', 'systemd-tmpfiles']);
  expect(host.said()).toContain('systemd does not run this host: nothing is enabled or started');
});
