// @module-tag long
import { afterAll, beforeAll, expect, test } from 'vitest';
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

// rpm's scripts, as on a distribution that has it. Where the hosts are not of this machine's distribution they have no rpm.
let hosts: PackagedHosts;
beforeAll(async () => {
  hosts = await openPackagedHosts([], (hasNode) => ({
    now: hasNode ? [PLAIN, STANDALONE] : [STANDALONE],
    before: [hasNode ? PLAIN : STANDALONE],
  }));
}, 900_000);
afterAll(async () => await hosts.close());

test(
  'a package as .rpm is installed, upgraded in the midst of an installation, replaced by the other, and removed',
  { timeout: 600_000 },
  async ({ skip }) => {
    const { lab } = hosts;
    if (lab.kind === 'loopback') return skip(lab.reason ?? undefined);
    const [web1, web2] = lab.nodes as [LabNode, LabNode];
    if ((await web1.run(['sh', '-c', 'command -v rpm'])).code !== 0) return skip('the hosts have no rpm');
    // On Debian rpm knows of no package that another one needs.
    const rpm = async (host: LabNode, ...argv: readonly string[]) =>
      await host.check(['rpm', '--force-debian', '--nodeps', ...argv], { timeoutMs: 180_000 });
    const first = hosts.hasNode ? PLAIN : STANDALONE;
    const bring = async (host: LabNode, age: 'before' | 'now', name: PackageName = first) => {
      await hosts.bring(host, await hosts.fileOf(name, age, 'rpm'), '/root/package.rpm');
      return '/root/package.rpm';
    };

    /** As dnf --allowerasing does. */
    const replace = async (host: LabNode) => {
      const before = await show(host, AGENT, 'MainPID');
      await rpm(host, '--install', '--replacefiles', await bring(host, 'now', STANDALONE));
      await rpm(host, '--erase', first);
      expect(await statesOf(host)).toEqual(UNITS.map(() => 'enabled active'));
      expect(await show(host, AGENT, 'MainPID')).not.toBe(before);
      await hosts.isEverywhere();
    };

    const key = await web1.check(['openssl', 'rand', '-hex', '32']);
    for (const host of [web1, web2]) {
      await rpm(host, '--install', await bring(host, 'before'));
      expect(await statesOf(host)).toEqual(UNITS.map(() => 'disabled inactive'));
    }
    for (const host of [web1, web2]) await hosts.setUp(host, key);
    await hosts.certbot(['certbot-ha', 'certonly', '-d', NAME], web1);
    for (const host of [web1, web2]) {
      await host.writeFile('/etc/nginx/conf.d/tls.conf', SITE);
      await host.reloadNginx();
    }
    await hosts.isEverywhere();

    const pid = await show(web1, AGENT, 'MainPID');
    const file = await bring(web1, 'now');
    const held = await holdInstallation(web1);
    try {
      const renewal = hosts.certbot(['certbot', 'renew', '--force-renewal'], web2);
      await held.begun();
      const upgraded = rpm(web1, '--upgrade', file);
      await held.isBeingStopped();
      // It ends with the files that it began with.
      expect(await web1.check(['rpm', '--query', '--queryformat=%{VERSION}', first])).toBe(BEFORE);
      await held.letGo();
      await Promise.all([upgraded, renewal]);
    } finally {
      await held.letGo();
    }
    expect(await statesOf(web1)).toEqual(UNITS.map(() => 'enabled active'));
    expect(await show(web1, AGENT, 'MainPID')).not.toBe(pid);
    await hosts.isEverywhere();

    if (first !== STANDALONE) await replace(web1);
    await rpm(web1, '--erase', STANDALONE);
    expect((await web1.run(['pgrep', '-u', 'certbot-ha'])).stdout).toBe('');
    await web1.check(['test', '!', '-e', '/usr/bin/certbot-ha']);
    await web1.check(['test', '-s', '/etc/certbot-ha/cluster.key']);
  },
);
