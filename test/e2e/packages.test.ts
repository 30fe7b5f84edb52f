// @module-tag long
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LabNode } from '../lab/lab.ts';
import { holdInstallation } from '../lab/scene/held-installation.ts';
import {
  openPackagedHosts,
  statesOf,
  AGENT,
  BEFORE,
  NAME,
  PLAIN,
  SITE,
  STANDALONE,
  UNITS,
  type PackagedHosts,
  type PackageName,
} from '../lab/scene/packaged.ts';
import { show } from '../lab/scene/units.ts';

const OURS = "find /etc /usr /var -xdev -name '*certbot-ha*' | sort";
const CONFIGURED = 'sha256sum /etc/certbot-ha/config.yaml /etc/certbot-ha/cluster.key';
const RUNNING_MS = { timeout: 300_000 };

/** Where the distribution has a Node.js that is new enough, one host has each of the two packages. */
describe('the packages, on two hosts with nothing of certbot-ha', () => {
  let hosts: PackagedHosts;
  let web1: LabNode;
  let web2: LabNode;
  let first: PackageName;
  let foreign: string;

  beforeAll(async () => {
    hosts = await openPackagedHosts([], (hasNode) => ({
      now: [PLAIN, STANDALONE],
      before: hasNode ? [PLAIN, STANDALONE] : [STANDALONE],
    }));
    if (hosts.lab.kind === 'loopback') return;
    [web1, web2] = hosts.lab.nodes as [LabNode, LabNode];
    first = hosts.hasNode ? PLAIN : STANDALONE;
    foreign = await web1.check(['sh', '-c', OURS]);
  }, 900_000);
  afterAll(async () => await hosts.close());
  beforeEach(({ skip }) => {
    if (hosts.lab.kind === 'loopback') skip(hosts.lab.reason ?? undefined);
  });

  const versionOf = async (host: LabNode, name: PackageName) =>
    await host.check(['dpkg-query', '--show', '--showformat=${Version}', name]);
  const isRunning = async (host: LabNode) =>
    expect([host.name, await statesOf(host)]).toEqual([host.name, UNITS.map(() => 'enabled active')]);
  /** Upgrades a host in the midst of an installation, which the renewal of another host has brought. */
  const upgradeWhileInstalling = async (host: LabNode, renewing: LabNode) => {
    const held = await holdInstallation(host);
    try {
      const renewal = hosts.certbot(['certbot', 'renew', '--force-renewal'], renewing);
      await held.begun();
      const upgraded = hosts.install(host, STANDALONE, 'now');
      await held.isBeingStopped();
      // It ends with the files that it began with.
      expect(await versionOf(host, STANDALONE)).toBe(BEFORE);
      await held.letGo();
      await Promise.all([upgraded, renewal]);
    } finally {
      await held.letGo();
    }
  };
  /** One package takes the place of the other, which is purged then: all of the cluster stays, and goes on. */
  const replace = async (host: LabNode, other: PackageName, name: PackageName, program: string) => {
    await hosts.install(host, name, 'now');
    await hosts.apt(host, 'purge', other);
    await isRunning(host);
    const pid = await show(host, AGENT, 'MainPID');
    expect((await host.check(['readlink', '-f', `/proc/${pid}/exe`])).trim()).toBe(program);
    await hosts.isEverywhere();
  };

  test('the one that brings none is refused where there is no Node.js that is new enough, with what it lacks', async ({
    skip,
  }) => {
    if (hosts.hasNode) return skip('the hosts have a Node.js that is new enough');
    await hosts.bring(web1, await hosts.fileOf(PLAIN, 'now'), '/root/plain.deb');
    const { code, stdout, stderr } = await web1.run(
      ['sh', '-c', 'cd /root && apt-get install --yes ./plain.deb'],
      { env: { DEBIAN_FRONTEND: 'noninteractive' } },
    );
    expect({ code, said: stdout + stderr }).toEqual({
      code: 100,
      said: expect.stringMatching(/ certbot-ha : Depends: nodejs \(>= 20\.19\)/),
    });
    expect(await web1.check(['sh', '-c', OURS])).toBe(foreign);
  });

  test('install: nothing is enabled or runs, and certbot renews as it did', RUNNING_MS, async () => {
    await hosts.install(web1, first, 'before');
    await hosts.install(web2, STANDALONE, 'before');
    for (const host of [web1, web2]) {
      expect(await statesOf(host)).toEqual(UNITS.map(() => 'disabled inactive'));
      await host.check(['systemctl', 'start', 'certbot.service']);
      // The condition let it: a unit that is skipped writes none.
      await host.check(['test', '-s', '/var/log/letsencrypt/letsencrypt.log']);
      expect(await host.check(['certbot-ha', '--help'])).toContain('certbot-ha');
      // What starts often was compiled for the Node.js that runs it.
      await host.check(['sh', '-c', 'ls /usr/lib/certbot-ha/compiled/auth-*']);
    }
  });

  test('run after the set-up of docs/install.md, and get a certificate', RUNNING_MS, async () => {
    const key = await web1.check(['openssl', 'rand', '-hex', '32']);
    for (const host of [web1, web2]) await hosts.setUp(host, key);
    expect(await web1.run(['certbot-ha', 'drill', NAME])).toMatchObject({ code: 0, stderr: '' });
    await hosts.certbot(['certbot-ha', 'certonly', '-d', NAME], web1);
    for (const host of [web1, web2]) {
      await host.writeFile('/etc/nginx/conf.d/tls.conf', SITE);
      await host.reloadNginx();
    }
    await hosts.isEverywhere();
  });

  test('are upgraded node by node, and the cluster renews', RUNNING_MS, async () => {
    const pids = await Promise.all([web1, web2].map(async (host) => await show(host, AGENT, 'MainPID')));
    await upgradeWhileInstalling(web2, web1);
    await hosts.isEverywhere();
    await hosts.install(web1, first, 'now');
    await hosts.certbot(['certbot', 'renew', '--force-renewal'], web1);
    await hosts.isEverywhere();
    for (const [index, host] of [web1, web2].entries()) {
      await isRunning(host);
      expect(await show(host, AGENT, 'MainPID')).not.toBe(pids[index]);
    }
  });

  test('are removed, and go on where they were when they are back', RUNNING_MS, async () => {
    await hosts.apt(web2, 'remove', STANDALONE);
    await web2.check(['test', '!', '-e', '/usr/bin/certbot-ha']);
    await web2.check(['test', '!', '-e', '/usr/lib/certbot-ha']);
    expect(await web2.check(['systemctl', 'cat', 'certbot.service'])).not.toContain('certbot-ha');
    expect((await web2.run(['pgrep', '-u', 'certbot-ha'])).stdout).toBe('');
    await web2.check(['test', '-s', '/etc/certbot-ha/cluster.key']);
    await hosts.install(web2, STANDALONE, 'now');
    await isRunning(web2);
    await hosts.isEverywhere();
  });

  test(
    'take each other’s place, and purging the other one leaves everything',
    RUNNING_MS,
    async ({ skip }) => {
      if (!hosts.hasNode) return skip('the hosts have no Node.js that is new enough');
      const before = await web2.check(['sh', '-c', CONFIGURED]);
      const [program = ''] = (await web2.check(['readlink', '-f', '/usr/bin/node'])).split('\n');
      await replace(web2, STANDALONE, PLAIN, program);
      await replace(web2, PLAIN, STANDALONE, '/usr/lib/certbot-ha/bin/node');
      expect(await web2.check(['sh', '-c', CONFIGURED])).toBe(before);
    },
  );

  test('leave nothing but what certbot owns when they are purged', RUNNING_MS, async () => {
    for (const host of [web1, web2]) {
      await hosts.apt(host, 'purge', 'certbot-ha*');
      expect(await host.check(['sh', '-c', OURS])).toBe(foreign);
      for (const path of ['/usr/share/nginx/letsencrypt', '/var/lib/certbot-ha', '/etc/certbot-ha'])
        await host.check(['test', '!', '-e', path]);
      // Nobody else gets its number: files of it may be left in a directory of the administrator's own.
      expect(await host.check(['getent', 'passwd', 'certbot-ha'])).toMatch(/:\/usr\/sbin\/nologin\n$/);
      expect(await host.check(['getent', 'shadow', 'certbot-ha'])).toMatch(/^certbot-ha:!/);
      await host.check(['test', '-s', `/etc/letsencrypt/live/${NAME}/fullchain.pem`]);
    }
  });
});
