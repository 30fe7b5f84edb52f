// @module-tag long
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CA_FILE } from '../lab/booted/base.ts';
import { CLONE } from '../lab/dist.ts';
import { holdInstallation } from '../lab/scene/held-installation.ts';
import { openLab, type Lab, type LabNode } from '../lab/lab.ts';
import { blocksOf } from '../lab/scene/reader.ts';
import { show } from '../lab/scene/units.ts';
import { lackOf, makePackages, successOf } from '../support/packages.ts';
import { run } from '../support/programs/program.ts';

const PAGE = 'docs/install.md';
const NAME = 'www.example.com';
const BEFORE = '0.0.9';
const AGENT = 'certbot-ha-agent.service';
const UNITS = [AGENT, 'certbot-ha-installer.path', 'certbot-ha-sync.path', 'certbot-ha-sync.timer'];
const OURS = "find /etc /usr /var -xdev -name '*certbot-ha*' | sort";

const SITE = `server {
    listen 443 ssl;
    server_name ${NAME};
    ssl_certificate /etc/letsencrypt/live/${NAME}/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/${NAME}/privkey.pem;
}
`;

describe('the packages, on two hosts with nothing of certbot-ha', () => {
  let directory: string;
  let lab: Lab;
  let web1: LabNode;
  let web2: LabNode;
  /** Names of files in `directory`: the package that fits the hosts, in an earlier version and in this one. */
  let [before, now, standalone] = ['', '', ''];
  /** The same as .rpm. */
  let [rpmBefore, rpmNow, rpmStandalone] = ['', '', ''];
  let foreign: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'certbot-ha-packages-'));
    // Before hosts are booted, which see this machine's files.
    const lack = await lackOf(['debhelper', 'pandoc', 'rpm']);
    lab = await openLab({ nodes: 2, install: false, webServerPort443: false });
    if (lab.kind === 'loopback') return;
    [web1, web2] = [lab.nodes[0] as LabNode, lab.nodes[1] as LabNode];
    if (lack !== null) throw new Error(lack);
    const architecture = successOf(await run(['dpkg', '--print-architecture'])).trim();
    const node = await web1.run(['dpkg-query', '--show', '--showformat=${Version}', 'nodejs']);
    const { code } = await run(['dpkg', '--compare-versions', node.stdout.trim() || '0', 'ge', '20.19']);
    const fits = code === 0 ? 'all' : architecture;
    await makePackages(join(directory, 'now'), ['--for', 'all', '--for', architecture]);
    await makePackages(join(directory, 'before'), ['--for', fits, '--version', BEFORE]);
    const find = async (where: string, brings: boolean, kind: string) =>
      join(
        where,
        (await readdir(join(directory, where))).find(
          (name) => name.endsWith(kind) && name.startsWith('certbot-ha-standalone') === brings,
        ) ?? '',
      );
    const findAll = async (kind: string) => [
      await find('before', fits !== 'all', kind),
      await find('now', fits !== 'all', kind),
      await find('now', true, kind),
    ];
    [before = '', now = '', standalone = ''] = await findAll('.deb');
    [rpmBefore = '', rpmNow = '', rpmStandalone = ''] = await findAll('.rpm');
    for (const host of lab.nodes) {
      // What the lab has put there for other tests; and packages start nothing where this file says so.
      await host.check([
        'rm',
        '-rf',
        '/etc/certbot-ha',
        '/usr/share/nginx/letsencrypt',
        '/usr/sbin/policy-rc.d',
      ]);
      await host.writeFile('/etc/letsencrypt/cli.ini', cliIni(lab));
    }
    foreign = await web1.check(['sh', '-c', OURS]);
  }, 900_000);
  afterAll(async () => {
    await lab.close();
    await rm(directory, { recursive: true, force: true });
  });
  beforeEach(({ skip }) => {
    if (lab.kind === 'loopback') skip(lab.reason ?? undefined);
  });

  const bring = async (host: LabNode, file: string, place: string) => {
    const input = (await readFile(join(directory, file))).toString('base64');
    await host.check(['sh', '-c', 'mkdir -p "${0%/*}"; base64 -d >"$0"', place], { input });
  };
  const install = async (host: LabNode, file: string) => {
    await bring(host, file, '/root/package.deb');
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    await host.check(['apt-get', 'install', '--yes', '/root/package.deb'], { env, timeoutMs: 180_000 });
  };
  const apt = async (host: LabNode, ...argv: readonly string[]) =>
    await host.check(['apt-get', '--yes', ...argv], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
      timeoutMs: 180_000,
    });
  /** On Debian, whose rpm knows of no package that another one needs. */
  const rpm = async (host: LabNode, ...argv: readonly string[]) =>
    await host.check(['rpm', '--force-debian', '--nodeps', ...argv], { timeoutMs: 180_000 });
  const rpmFile = async (host: LabNode, file: string) => {
    await bring(host, file, '/root/package.rpm');
    return '/root/package.rpm';
  };
  const certbot = async (argv: readonly string[], host = web1) =>
    await host.check(argv, { env: { REQUESTS_CA_BUNDLE: CA_FILE }, timeoutMs: 240_000 });
  /** Upgrades a host in the midst of an installation, which the renewal of another host has brought. */
  const upgradeWhileInstalling = async (
    host: LabNode,
    renewing: LabNode,
    {
      upgrade,
      version,
    }: { readonly upgrade: () => Promise<unknown>; readonly version: () => Promise<string> },
  ) => {
    const held = await holdInstallation(host);
    try {
      const renewal = certbot(['certbot', 'renew', '--force-renewal'], renewing);
      await held.begun();
      const upgraded = upgrade();
      await held.isBeingStopped();
      // It ends with the files that it began with.
      expect(await version()).toBe(BEFORE);
      await held.letGo();
      await Promise.all([upgraded, renewal]);
    } finally {
      await held.letGo();
    }
  };
  const isEverywhere = async () => {
    expect(await web1.run(['certbot-ha', 'sync'])).toMatchObject({ code: 0, stderr: '' });
    expect(await web1.run(['certbot-ha', 'status', '--check'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
  };
  /** As dnf --allowerasing does. */
  const replaceRpm = async (host: LabNode) => {
    const pid = await show(host, AGENT, 'MainPID');
    await rpm(host, '--install', '--replacefiles', await rpmFile(host, rpmStandalone));
    await rpm(host, '--erase', 'certbot-ha');
    expect(await statesOf(host)).toEqual(UNITS.map(() => 'enabled active'));
    expect(await show(host, AGENT, 'MainPID')).not.toBe(pid);
    await isEverywhere();
  };
  const documented = async (words: string) =>
    blocksOf(await readFile(join(CLONE, PAGE), 'utf8')).find(({ text }) => text.includes(words))?.text ?? '';
  const setUp = async (host: LabNode, key: string) => {
    await host.writeFile('/root/config.yaml', lab.defaultConfig());
    await host.writeFile('/root/cluster.key', key, { mode: 0o600 });
    await host.check(['bash', '-euc', `cd /root\n${await documented('install -m 0644 config.yaml')}`]);
    expect(await statesOf(host)).toEqual(UNITS.map(() => 'enabled active'));
  };
  const statesOf = async (host: LabNode) =>
    await Promise.all(
      UNITS.map(async (unit) =>
        [await show(host, unit, 'UnitFileState'), await show(host, unit, 'ActiveState')].join(' '),
      ),
    );

  test(
    'install: nothing is enabled or runs, and certbot renews as it did',
    { timeout: 300_000 },
    async () => {
      for (const host of lab.nodes) {
        await install(host, before);
        expect(await statesOf(host)).toEqual(UNITS.map(() => 'disabled inactive'));
      }
      await web1.check(['systemctl', 'start', 'certbot.service']);
      // The condition let it: a unit that is skipped writes none.
      await web1.check(['test', '-s', '/var/log/letsencrypt/letsencrypt.log']);
      expect(await web1.check(['certbot-ha', '--help'])).toContain('certbot-ha');
    },
  );

  test('run after the set-up of docs/install.md, and get a certificate', { timeout: 300_000 }, async () => {
    const key = await web1.check(['openssl', 'rand', '-hex', '32']);
    for (const host of lab.nodes) await setUp(host, key);
    expect(await web1.run(['certbot-ha', 'drill', NAME])).toMatchObject({ code: 0, stderr: '' });
    await certbot(['certbot-ha', 'certonly', '-d', NAME]);
    for (const host of lab.nodes) {
      await host.writeFile('/etc/nginx/conf.d/tls.conf', SITE);
      await host.reloadNginx();
    }
    await isEverywhere();
  });

  test('are upgraded node by node, and the cluster renews', { timeout: 300_000 }, async () => {
    const [name = ''] = (now.split('/').at(-1) ?? '').split('_');
    const version = async () => await web2.check(['dpkg-query', '--show', '--showformat=${Version}', name]);
    const pids = await Promise.all(lab.nodes.map(async (host) => await show(host, AGENT, 'MainPID')));
    await upgradeWhileInstalling(web2, web1, { upgrade: async () => await install(web2, now), version });
    await isEverywhere();
    await install(web1, now);
    await certbot(['certbot', 'renew', '--force-renewal']);
    await isEverywhere();
    for (const [index, host] of lab.nodes.entries()) {
      expect(await statesOf(host)).toEqual(UNITS.map(() => 'enabled active'));
      expect(await show(host, AGENT, 'MainPID')).not.toBe(pids[index]);
    }
  });

  test('are removed, and go on where they were when they are back', { timeout: 300_000 }, async () => {
    await apt(web2, 'remove', now === standalone ? 'certbot-ha-standalone' : 'certbot-ha');
    await web2.check(['test', '!', '-e', '/usr/bin/certbot-ha']);
    expect(await web2.check(['systemctl', 'cat', 'certbot.service'])).not.toContain('certbot-ha');
    expect((await web2.run(['pgrep', '-u', 'certbot-ha'])).stdout).toBe('');
    await web2.check(['test', '-s', '/etc/certbot-ha/cluster.key']);
    await install(web2, now);
    expect(await statesOf(web2)).toEqual(UNITS.map(() => 'enabled active'));
    await isEverywhere();
  });

  test(
    'give way to the one that brings a Node.js, and purging the other one leaves everything',
    { timeout: 300_000 },
    async ({ skip }) => {
      if (now === standalone) return skip('the hosts have no Node.js that is new enough');
      await install(web2, standalone);
      expect(await statesOf(web2)).toEqual(UNITS.map(() => 'enabled active'));
      const pid = await show(web2, AGENT, 'MainPID');
      expect((await web2.check(['readlink', `/proc/${pid}/exe`])).trim()).toBe(
        '/usr/lib/certbot-ha/bin/node',
      );
      await apt(web2, 'purge', 'certbot-ha');
      expect(await statesOf(web2)).toEqual(UNITS.map(() => 'enabled active'));
      await isEverywhere();
    },
  );

  test('leave nothing but what certbot owns when they are purged', { timeout: 300_000 }, async () => {
    await apt(web1, 'purge', 'certbot-ha*');
    expect(await web1.check(['sh', '-c', OURS])).toBe(foreign);
    for (const path of ['/usr/share/nginx/letsencrypt', '/var/lib/certbot-ha', '/etc/certbot-ha'])
      await web1.check(['test', '!', '-e', path]);
    // Nobody else gets its number: files of it may be left in a directory of the administrator's own.
    expect(await web1.check(['getent', 'passwd', 'certbot-ha'])).toMatch(/:\/usr\/sbin\/nologin\n$/);
    expect(await web1.check(['getent', 'shadow', 'certbot-ha'])).toMatch(/^certbot-ha:!/);
    await web1.check(['test', '-s', `/etc/letsencrypt/live/${NAME}/fullchain.pem`]);
  });

  // rpm's scripts, as on a distribution that has it.
  test(
    'as .rpm: installed, upgraded in the midst of an installation, replaced and removed',
    { timeout: 600_000 },
    async () => {
      const key = await web2.check(['cat', '/etc/certbot-ha/cluster.key']);
      await rpm(web1, '--install', await rpmFile(web1, rpmBefore));
      expect(await statesOf(web1)).toEqual(UNITS.map(() => 'disabled inactive'));
      await setUp(web1, key);
      await isEverywhere();
      const [first] = rpmBefore.split('/').at(-1)?.split(`-${BEFORE}`) ?? [];
      const version = async () =>
        await web1.check(['rpm', '--query', '--queryformat=%{VERSION}', first ?? '']);
      const file = await rpmFile(web1, rpmNow);
      await upgradeWhileInstalling(web1, web2, {
        upgrade: async () => await rpm(web1, '--upgrade', file),
        version,
      });
      expect(await statesOf(web1)).toEqual(UNITS.map(() => 'enabled active'));
      await isEverywhere();
      if (rpmNow !== rpmStandalone) await replaceRpm(web1);
      await rpm(web1, '--erase', rpmNow === rpmStandalone ? (first ?? '') : 'certbot-ha-standalone');
      expect((await web1.run(['pgrep', '-u', 'certbot-ha'])).stdout).toBe('');
      await web1.check(['test', '!', '-e', '/usr/bin/certbot-ha']);
      await web1.check([
        'rm',
        '-r',
        '/etc/certbot-ha',
        '/var/lib/certbot-ha',
        '/usr/share/nginx/letsencrypt',
      ]);
    },
  );
});

/** What certbot would otherwise ask, and whose CA it is. Without a terminal a renewal first sleeps. */
function cliIni({ directoryUrl }: Lab): string {
  return `server = ${directoryUrl}
email = admin@example.test
agree-tos = true
non-interactive = true
no-random-sleep-on-renew = true
`;
}
