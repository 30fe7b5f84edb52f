// @module-tag slow
import { cp, mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AGENT_SOCKET, ALL_OWN_UNITS, DOCTOR_TIMER, OWN_UNITS } from '../../../lib/cluster/own-units.ts';
import { dropInOf, UNITS } from '../../../lib/units/files.ts';
import { install } from '../../../lib/units/install.ts';
import { COMMANDS } from '../../../lib/units/programs.ts';
import { uninstall } from '../../../lib/units/uninstall.ts';
import { expect, test } from '../../support/temporary.ts';
import { configure, makeHost, type TestHost } from './host.ts';

const AGENT = `${UNITS}/certbot-ha-agent.service`;
const DISABLE = `systemctl disable --now ${[AGENT_SOCKET, ...OWN_UNITS, DOCTOR_TIMER].join(' ')}`;
const PACKAGED = '/usr/lib/systemd/system';

async function installed(directory: string, hasOtherTimer = false): Promise<TestHost> {
  const host = await makeHost(directory, { hasOtherTimer });
  await configure(host, `certificates: {configDir: ${join(directory, 'etc/letsencrypt')}}\n`);
  await install([], host);
  host.said();
  host.ran.length = 0;
  return host;
}

test('leaves configuration, key, state and what is certbot’s, and says what comes next', async ({
  directory,
}) => {
  const host = await installed(directory, true);
  const conf = '[renewalparams]\nauthenticator = manual\nmanual_auth_hook = certbot-ha-auth\n';
  await host.put('etc/letsencrypt/renewal/a.test.conf', conf);
  await host.put('etc/systemd/system/certbot.service.d/own.conf', '[Service]\n');
  await uninstall(host);
  const left = (await host.tree()).filter((name) => !name.startsWith('/var/lib/certbot-ha/'));
  expect(left).toEqual([
    '/etc/certbot-ha/cluster.key',
    '/etc/certbot-ha/config.yaml',
    '/etc/letsencrypt/renewal/a.test.conf',
    '/etc/systemd/system/certbot.service.d/own.conf',
    '/etc/sysusers.d/',
    '/etc/tmpfiles.d/',
    '/usr/local/bin/',
    '/usr/share/nginx/',
  ]);
  expect(host.ran).toEqual([DISABLE, 'systemctl daemon-reload']);
  const said = host.said();
  expect(said).toContain('next, to remove the programs: rm -r /usr/local/lib/certbot-ha');
  expect(said).toContain(
    'certbot renew fails from now on for a.test: their renewal configuration names the hooks of certbot-ha',
  );
  expect(said).toContain('next, to see them: grep -l certbot-ha /etc/letsencrypt/renewal/*.conf');
  await uninstall(host);
  expect(host.said()).toEqual(['nothing to do']);
});

test('says what it would do, and does nothing', async ({ directory }) => {
  const host = await installed(directory);
  const before = await host.tree();
  await uninstall({ ...host, isDryRun: true });
  expect(await host.tree()).toEqual(before);
  expect(host.ran).toEqual([]);
  const said = host.said();
  expect(said[0]).toBe(`would run ${DISABLE}`);
  for (const unit of ALL_OWN_UNITS) expect(said).toContain(`would remove ${UNITS}/${unit}`);
});

test('names what else the set-up has left, in a dry run too', async ({ directory }) => {
  const host = await installed(directory);
  const left = async () => await Promise.resolve(['left, to take it away: semodule -r certbot_ha']);
  await uninstall({ ...host, isDryRun: true }, left);
  expect(host.said()).toContain('left, to take it away: semodule -r certbot_ha');
  await uninstall(host, left);
  expect(host.said()).toContain('left, to take it away: semodule -r certbot_ha');
});

test('names what somebody has changed, and removes it by force with a copy', async ({ directory }) => {
  const host = await installed(directory);
  const changed = `${await host.read(AGENT)}Nice=5\n`;
  await host.put(AGENT, changed);
  await uninstall(host);
  expect(host.said()).toContain(
    `left: ${AGENT}: not as certbot-ha install writes it; certbot-ha uninstall --force removes it, and keeps a copy`,
  );
  expect(await host.read(AGENT)).toBe(changed);
  await uninstall({ ...host, isForced: true });
  expect(await host.read(`${AGENT}.before-20260102T030405.678Z`)).toBe(changed);
  expect(await host.tree()).not.toContain(AGENT);
});

test('leaves the web server’s directory where there are challenges in it', async ({ directory }) => {
  const host = await installed(directory);
  await host.put('usr/share/nginx/letsencrypt/.well-known/acme-challenge/token', 'x');
  await uninstall(host);
  expect(await host.tree()).toContain('/usr/share/nginx/letsencrypt/.well-known/acme-challenge/token');
  expect(host.said()).toContain('left: /usr/share/nginx/letsencrypt: not empty');
});

test('goes on where it was broken off', async ({ directory }) => {
  const host = await installed(directory);
  host.failing = /disable/;
  await expect(uninstall(host)).rejects.toMatchObject({ findings: [{ code: 'set-up-command-failed' }] });
  expect(await host.tree()).toContain(AGENT);
  host.failing = null;
  await uninstall(host);
  expect(await host.tree()).not.toContain(AGENT);
});

test('leaves the links that npm has made', async ({ directory }) => {
  const host = await makeHost(directory);
  const dist = join(directory, 'usr/lib/node_modules/certbot-ha/dist');
  await mkdir(join(dist, 'hooks'), { recursive: true });
  await mkdir(join(directory, 'usr/bin'), { recursive: true });
  for (const [name, file] of Object.entries(COMMANDS)) {
    await host.put(`usr/lib/node_modules/certbot-ha/dist/${file}`, '');
    await symlink(`../lib/node_modules/certbot-ha/dist/${file}`, join(directory, 'usr/bin', name));
  }
  await cp(join(host.dist, 'systemd'), join(dist, 'systemd'), { recursive: true });
  await uninstall({ ...host, dist });
  expect(host.said()).toContain("left: /usr/bin/certbot-ha: npm's");
});

/** A package's files. */
async function packaged(directory: string): Promise<TestHost> {
  const host = await makeHost(directory, { hasOtherTimer: true });
  for (const unit of ALL_OWN_UNITS) await host.put(`${PACKAGED}/${unit}`, '');
  for (const service of ['certbot', 'snap.certbot.renew', 'certbot-renew'])
    await host.put(`${PACKAGED}/${service}.service.d/certbot-ha.conf`, '');
  for (const kind of ['sysusers.d', 'tmpfiles.d']) await host.put(`/usr/lib/${kind}/certbot-ha.conf`, '');
  return host;
}

test('beside a package there is nothing to do but a service that the package does not know', async ({
  directory,
}) => {
  const host = await packaged(directory);
  const before = await host.tree();
  await configure(host);
  await install([], host);
  expect(host.said()).toContain('the package certbot-ha is installed, and has put everything else in place');
  expect(host.ran).toEqual(['systemctl daemon-reload', `systemctl enable ${AGENT_SOCKET}`]);
  const dropIn = dropInOf('own-renewal.service');
  expect(await host.read(dropIn)).toContain('/usr/bin/certbot-ha is-issuer');
  host.said();
  await install([], host);
  expect(host.said().at(-1)).toBe('nothing to do');
  await uninstall(host);
  expect(await host.tree()).toEqual(
    [
      ...before,
      '/etc/certbot-ha/cluster.key',
      '/etc/certbot-ha/config.yaml',
      '/etc/systemd/system/',
    ].toSorted(),
  );
});

test('names what the set-up has left before a package is removed', async ({ directory }) => {
  const host = await packaged(directory);
  const left = 'left, to take it away: semodule -r certbot_ha';
  await uninstall({ ...host, isDryRun: true }, async () => await Promise.resolve([left]));
  const said = host.said();
  expect(said.slice(said.indexOf(left) - 1)).toEqual([
    'in use until the package certbot-ha is removed:',
    left,
  ]);
});

test('the commands of a package are its own', async ({ directory }) => {
  const host = await packaged(directory);
  const dist = join(directory, 'usr/lib/certbot-ha');
  await cp(host.dist, dist, { recursive: true });
  // As a package has it.
  for (const name of await readdir(join(dist, 'systemd'))) {
    if (name !== 'certbot.service.d') await rm(join(dist, 'systemd', name), { recursive: true });
  }
  await mkdir(join(directory, 'usr/bin'), { recursive: true });
  await symlink('../lib/certbot-ha/cli.js', join(directory, 'usr/bin/certbot-ha'));
  await install([], { ...host, dist });
  await uninstall({ ...host, dist });
  expect(host.said()).toContain('the package certbot-ha stays: dnf remove certbot-ha removes it');
  expect(await host.tree()).toContainEqual(expect.stringMatching(/^\/usr\/bin\/certbot-ha -> /));
});

test('a package that lacks a file is to be installed again', async ({ directory }) => {
  const host = await packaged(directory);
  await host.put('/var/lib/dpkg/info/certbot-ha.list', '');
  await rm(join(directory, PACKAGED, 'certbot-ha-sync.timer'));
  await expect(install([], host)).rejects.toMatchObject({
    findings: [{ code: 'package-incomplete', files: [join(directory, PACKAGED, 'certbot-ha-sync.timer')] }],
    hint: 'apt-get install --reinstall certbot-ha',
  });
});
