import type { LabNode } from '../lab/lab.ts';
import { eventually, expect, test, type Scene } from '../lab/scene/scene.ts';
import { show } from '../lab/scene/units.ts';

const UNIT = 'certbot-ha-agent.service';
const SOCKET = 'certbot-ha-agent.socket';
const HANG = '/usr/local/lib/hang.cjs';
const [PROGRAM, STOP] = ['/root/presenting.mjs', '/root/stop-presenting'];

/** Until the test is over. */
async function withDropIn(scene: Scene, node: LabNode, content: string): Promise<void> {
  const file = `/run/systemd/system/${UNIT}.d/test.conf`;
  const restart = async () => {
    await node.check(['systemctl', 'daemon-reload']);
    await node.stopService('agent');
    await node.startService('agent');
  };
  scene.undo(async () => {
    await node.check(['rm', '-f', file]);
    await restart();
  });
  await node.writeFile(file, content);
  await restart();
}

test(
  'systemd restarts an agent whose event loop hangs, and none that is well',
  { tags: ['core'] },
  async ({ scene }) => {
    scene.needsHosts('systemd');
    const [web1, web2] = scene.nodes;
    const period = 2;
    scene.undo(async () => await web2.check(['rm', '-f', HANG]));
    await web2.writeFile(HANG, "process.on('SIGUSR2', () => { for (;;); });\n");
    const timing = `WatchdogSec=${period}\nTimeoutStopSec=1\nRestartSec=100ms`;
    await withDropIn(scene, web2, `[Service]\n${timing}\nEnvironment=NODE_OPTIONS=--require=${HANG}\n`);
    const pid = await show(web2, UNIT, 'MainPID');
    const heard = async () => Number(await show(web2, UNIT, 'WatchdogTimestampMonotonic')) / 1e6;

    const first = await heard();
    await eventually(async () => (await heard()) > first + 4 * period, {
      timeoutMs: 30_000,
      what: 'four periods of the watchdog to pass',
    });
    expect(await show(web2, UNIT, 'MainPID')).toBe(pid);

    await web2.check(['kill', '-USR2', pid]);
    const isAnother = async () =>
      (await show(web2, UNIT, 'ActiveState')) === 'active' && (await show(web2, UNIT, 'MainPID')) !== pid;
    await eventually(isAnother, { timeoutMs: 30_000, what: 'another agent' });
    expect(await web2.check(['journalctl', '-u', UNIT, '-o', 'cat'])).toContain('Watchdog timeout');
    expect(await web1.check(['certbot-ha', 'status'])).toMatch(/^web2 .* reachable/m);
  },
);

/** Presents challenges on an agent, each over a connection of its own, until a file is there; says how often, and what has gone wrong. */
const PRESENTING = `
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
const [host, port, keyFile, stop] = process.argv.slice(2);
const psk = Buffer.from(readFileSync(keyFile, 'utf8').trim(), 'hex');
const tls = { ciphers: 'TLS_AES_128_GCM_SHA256', minVersion: 'TLSv1.3', ca: [], checkServerIdentity: () => undefined };
let count = 0;
const failures = [];
const present = (token) => new Promise((resolve) => {
  const sent = request({ ...tls, host, port, agent: false, method: 'PUT', path: '/v1/challenges', timeout: 20_000,
    headers: { 'content-type': 'application/json' }, pskCallback: () => ({ psk, identity: 'web1' }) }, (answer) => {
    if (answer.statusCode !== 200) failures.push(String(answer.statusCode));
    answer.resume().on('close', resolve);
  });
  sent.on('error', (error) => { failures.push(error.code ?? error.message); resolve(); });
  sent.end(JSON.stringify({ challenges: [{ token, keyAuthorization: token + '.' + 'k'.repeat(43) }] }));
});
const worker = async (_, index) => {
  for (; !existsSync(stop); count += 1) await present('a-token-of-many-that-are-presented-' + index);
};
await Promise.all(Array.from({ length: 4 }, worker));
console.log(JSON.stringify({ count, failures }));
`;

test('where systemd holds the addresses, 20 restarts of the agent refuse no connection and fail no push', async ({
  scene,
}) => {
  scene.needsHosts('systemd');
  const [web1, web2] = scene.nodes;
  await withDropIn(scene, web2, '[Unit]\nStartLimitIntervalSec=0\n');
  const dropIn = '/etc/systemd/system/certbot-ha-agent.socket.d';
  scene.undo(async () => {
    await web2.run(['systemctl', 'disable', '--now', SOCKET]);
    await web2.check(['rm', '-rf', dropIn]);
    await web2.check(['find', web2.paths.webroot, '-name', 'a-token-of-many-*', '-delete']);
    await web1.check(['rm', '-f', PROGRAM, STOP]);
  });
  expect(await web2.check(['certbot-ha', 'install'])).toContain(`done: run systemctl enable ${SOCKET}`);
  expect(await web2.check(['cat', `${dropIn}/certbot-ha.conf`])).toContain(
    `ListenStream=${web2.address}:${scene.lab.ports.agent}`,
  );

  await web1.writeFile(PROGRAM, PRESENTING);
  const place = [web2.address, String(scene.lab.ports.agent), web2.paths.keyFile];
  const presenting = web1.check(['node', PROGRAM, ...place, STOP], { timeoutMs: 180_000 });
  await eventually(async () => (await web2.tokens()).length === 4, {
    timeoutMs: 10_000,
    what: 'challenges to arrive',
  });
  const pids = new Set<string>();
  for (let round = 0; round < 20; round += 1) {
    await web2.check(['systemctl', 'restart', UNIT]);
    pids.add(await show(web2, UNIT, 'MainPID'));
  }
  await web1.check(['touch', STOP]);
  const { count, failures } = JSON.parse(await presenting) as { count: number; failures: string[] };
  expect(failures).toEqual([]);
  expect(pids.size).toBe(20);
  expect(count).toBeGreaterThan(100);
  expect(await web2.check(['journalctl', '-u', UNIT, '-o', 'cat'])).not.toContain('sockets-differ');
});

test('systemctl reload takes over what has changed while peers push, fails no push, and fails itself where that is wrong', async ({
  scene,
}) => {
  scene.needsHosts('systemd');
  const [web1, web2] = scene.nodes;
  const { paths } = web2;
  const good = await web2.readFile(paths.config);
  const reload = async () => await web2.run(['systemctl', 'reload', UNIT]);
  scene.undo(async () => {
    await web2.writeFile(paths.config, good);
    await web2.check(['systemctl', 'restart', UNIT]);
    await web2.check(['find', paths.webroot, '-name', 'a-token-of-many-*', '-delete']);
    await web1.check(['rm', '-f', PROGRAM, STOP]);
  });
  const pid = await show(web2, UNIT, 'MainPID');
  await web1.writeFile(PROGRAM, PRESENTING);
  const place = [web2.address, String(scene.lab.ports.agent), paths.keyFile];
  const presenting = web1.check(['node', PROGRAM, ...place, STOP], { timeoutMs: 180_000 });
  await eventually(async () => (await web2.tokens()).length === 4, {
    timeoutMs: 10_000,
    what: 'challenges to arrive',
  });

  await web2.writeFile(paths.config, scene.lab.defaultConfig({ agnet: {} }));
  expect((await reload()).code).toBe(1);
  const journal = async () => await web2.check(['journalctl', '-u', UNIT, '-o', 'cat']);
  expect(await journal()).toMatch(/^certbot-ha: nothing was taken over: .*\[reload-refused\]\n.*agnet/m);
  const lookUp = ['curl', '-s', `http://127.0.0.1:9481/.well-known/acme-challenge/${'a'.repeat(43)}`];
  expect(await web2.check(lookUp)).toContain('no such challenge');

  const rounds = 5;
  for (let round = 0; round < rounds; round += 1) {
    const lookup = round % 2 === 0 ? 'off' : 'peers';
    await web2.writeFile(paths.config, scene.lab.defaultConfig({ agent: { lookup } }));
    expect(await reload()).toMatchObject({ code: 0 });
    // It is done when systemctl has ended.
    expect((await web2.check(lookUp)).includes('no such challenge')).toBe(lookup === 'peers');
  }
  await web1.check(['touch', STOP]);
  const { count, failures } = JSON.parse(await presenting) as { count: number; failures: string[] };
  expect(failures).toEqual([]);
  expect(count).toBeGreaterThan(50);
  expect([await show(web2, UNIT, 'MainPID'), await show(web2, UNIT, 'ActiveState')]).toEqual([pid, 'active']);
});

/** What commands of administrators do as root: other users, signals, other processes, priorities, chroot, ports, files. */
const RELOADING = `
systemctl reload nginx
kill -0 "$(cat /run/nginx.pid)"
pgrep -u www-data nginx >/dev/null
ls -l /proc/"$(cat /run/nginx.pid)"/exe >/dev/null
runuser -u www-data -- true
chroot / true
nice -n -5 true
install -o www-data -m 0600 /dev/null /var/log/nginx/reloaded
logger reloaded
systemctl is-active nginx`;

test(
  'the units are sound and closed on each Debian, and what administrators reload with works in them',
  { tags: ['core'] },
  async ({ scene, forge }) => {
    scene.needsHosts('systemd');
    const [, web2] = scene.nodes;
    const units = await web2.check(['sh', '-c', 'cd /etc/systemd/system; ls -d certbot-ha-*[a-z]']);
    const names = units.split('\n').filter((name) => /\.(?:service|socket|path|timer)$/.test(name));
    expect(await web2.run(['systemd-analyze', 'verify', '--man=no', ...names])).toMatchObject({
      ...{ code: 0, stdout: '', stderr: '' },
    });
    for (const name of names.filter((unit) => unit.endsWith('.service'))) {
      const threshold = name === UNIT ? 19 : 40;
      const argv = ['systemd-analyze', 'security', '--offline=true', `--threshold=${threshold}`];
      await web2.check([...argv, `/etc/systemd/system/${name}`]);
    }

    const tpm = '/dev/tpmrm0'; // a key may be in it
    await web2.check(['touch', tpm]);
    const test = ['sh', '-euc', `nginx -t; chroot / nginx -t; test -e ${tpm}`];
    await scene.configure({ webServer: { test, reload: ['sh', '-euc', RELOADING] } }, [web2]);
    scene.undo(async () => await web2.check(['rm', '-f', '/var/log/nginx/reloaded', tpm]));
    scene.undo(async () => await web2.check(['systemctl', 'start', 'certbot-ha-installer.path']));
    for (const path of [true, false]) {
      const bundle = await forge.bundle(web2, scene.name('closed'));
      const verb = path ? 'start' : 'stop';
      await web2.check(['systemctl', verb, 'certbot-ha-installer.path']);
      await forge.place(web2, bundle);
      // It exits 1 where a peer is out of date, which is not looked at here.
      if (!path) await web2.run(['systemctl', 'start', 'certbot-ha-sync.service']);
      expect(await forge.result(web2, bundle)).toMatchObject({ state: 'installed' });
    }
    expect(await web2.check(['stat', '-c', '%U', '/var/log/nginx/reloaded'])).toBe('www-data\n');
  },
);
