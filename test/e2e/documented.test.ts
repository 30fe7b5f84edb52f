// @module-tag long
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkCommand } from '../lab/command.ts';
import { requireDist } from '../lab/dist.ts';
import { openBareHosts, typeOn } from '../lab/first-certificate/hosts.ts';
import type { Lab, LabNode } from '../lab/lab.ts';
import { bring, hasNewNode } from '../lab/scene/bare.ts';
import { documentedBlock, TYPED } from '../lab/scene/documented.ts';
import { lackOf } from '../support/packages.ts';

const NAME = 'www.example.com';
/** What certbot would ask about a certificate that is not due: renew it. */
const RENEW = 'renew-by-default = true\n';
/** As docs/move-from-shared.md has it, with the webroot that was shared behind the one of certbot-ha. */
const SITE = `server {
    listen 80;
    server_name ${NAME} example.com;
    location ^~ /.well-known/acme-challenge/ {
        root /usr/share/nginx/letsencrypt;
        try_files $uri @before;
    }
    location @before {
        root /srv/shared-webroot;
    }
}
server {
    listen 443 ssl;
    server_name ${NAME} example.com;
    ssl_certificate /etc/letsencrypt/live/${NAME}/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/${NAME}/privkey.pem;
}
`;

describe('the commands of the documentation, on hosts with nothing of certbot-ha', () => {
  let directory: string;
  let lab: Lab;
  let web1: LabNode;
  let web2: LabNode;
  let web3: LabNode;
  const left = new Set<string>(Object.keys(TYPED));
  /** Types a block as it is printed, but for what a reader puts in. */
  const type = async (
    which: keyof typeof TYPED,
    host: LabNode,
    put: (text: string) => string = (text) => text,
  ): Promise<string> => {
    left.delete(which);
    return await typeOn(host, put(await documentedBlock(TYPED[which])), 240_000);
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'certbot-ha-documented-'));
    const lack = await lackOf(['debhelper', 'pandoc', 'rpm', 'jq']);
    if (lack !== null) throw new Error(lack);
    lab = await openBareHosts(directory);
    if (lab.kind === 'booted') [web1, web2, web3] = lab.nodes as [LabNode, LabNode, LabNode];
  }, 600_000);
  afterAll(async () => {
    await lab.close();
    await rm(directory, { recursive: true, force: true });
  });
  beforeEach(({ skip }) => (lab.kind === 'loopback' ? skip(lab.reason ?? undefined) : undefined));

  test('install and set up a cluster of two', { timeout: 300_000 }, async () => {
    const name = (await readdir(directory)).find((file) => file.endsWith('.deb')) ?? '';
    await bring(web2, join(directory, name), `/root/${name}`);
    const block = (await hasNewNode(web1)) ? 'plainPackage' : 'standalonePackage';
    // The other one is e2e/packages'.
    left.delete('plainPackage');
    left.delete('standalonePackage');
    for (const host of [web1, web2])
      await type(block, host, (text) => text.replace(/\S+\.deb/, `./${name}`).replace(' ', ' --yes '));

    expect(await type('initWithOptions', web1)).toContain('/etc/certbot-ha/cluster.key');
    expect(await web1.readFile('/etc/certbot-ha/config.yaml')).toContain('web2: 192.168.69.12');
    // And as keepalived tells of the peer.
    await web1.check(['sh', '-euc', 'rm -r /etc/certbot-ha/config.yaml /etc/certbot-ha/cluster.key']);
    const keepalived = await web1.readFile('/etc/keepalived/keepalived.conf');
    const withPeer = keepalived.replace(
      /(\n\s*advert_int [^\n]*)/,
      `$1\n    unicast_peer { ${web2.address} }`,
    );
    expect(withPeer).not.toBe(keepalived);
    await web1.writeFile('/etc/keepalived/keepalived.conf', withPeer);
    expect(await type('init', web1)).toContain('/etc/certbot-ha/config.yaml');
    await web1.writeFile('/etc/keepalived/keepalived.conf', keepalived);
    expect(await web1.readFile('/etc/certbot-ha/config.yaml')).toContain(`: ${web2.address}`);

    expect(await type('join', web1)).toContain('/etc/certbot-ha/config.yaml');
    await type('start', web1);
    expect(await web1.check(['systemctl', 'is-active', 'certbot-ha-agent'])).toBe('active\n');
    expect(await type('firewall', web1)).toContain('no firewall');
    expect(await type('selinux', web1)).toContain('SELinux');
  });

  test(
    'bring a lineage of --webroot to the hooks, back, and to them again',
    { timeout: 300_000 },
    async () => {
      for (const host of [web1, web2]) {
        const cli = '/etc/letsencrypt/cli.ini';
        await host.writeFile(cli, (await host.readFile(cli)) + RENEW);
        await host.check(['mkdir', '-p', '/srv/shared-webroot']);
        await host.writeFile('/etc/nginx/conf.d/http.conf', SITE.split('server {\n    listen 443')[0] ?? '');
        await host.reloadNginx();
      }
      await type('byWebroot', web1);
      expect(await type('adopt', web1)).toContain(NAME);
      const conf = `/etc/letsencrypt/renewal/${NAME}.conf`;
      expect(await web1.readFile(conf)).toContain('authenticator = manual');
      expect(await web2.readFile(`/etc/letsencrypt/live/${NAME}/fullchain.pem`)).toBe(
        await web1.readFile(`/etc/letsencrypt/live/${NAME}/fullchain.pem`),
      );
      for (const host of [web1, web2]) {
        await host.writeFile('/etc/nginx/conf.d/http.conf', SITE);
        await host.reloadNginx();
      }
      const [before = ''] = (await web1.check(['sh', '-c', `ls ${conf}.before-*`])).split('\n');
      await type('adoptedBack', web1, (text) => text.replace('TIME', before.replace(/.*before-/, '')));
      expect(await web1.readFile(conf)).toContain('authenticator = webroot');
      await type('renewByHooks', web1);
      expect(await web1.readFile(conf)).toContain('authenticator = manual');
    },
  );

  test('are those of the manual', { timeout: 300_000 }, async () => {
    expect(await type('drill', web1)).toMatch(/web2/);
    await type('certonly', web1);
    expect(await type('deployAndStatus', web1)).toContain(NAME);
    await type('certbotItself', web1);
    await type('authHook', web1);
    await type('deploy', web1);
    expect(await type('holder', web1)).toMatch(/^web\d$/m);
    expect(await type('outstanding', web1)).toBe('[]\n');
    expect(await type('doctor', web1)).not.toMatch(/^FAIL/m);
    await type('completion', web1);
    expect(await typeOn(web1, '. /etc/bash_completion.d/certbot-ha; complete -p certbot-ha')).toContain('-F');
    expect(await type('journal', web1)).toContain('certbot-ha');
    const plugin = await type('checkmk', web1, (text) => text.replaceAll('/usr/local/bin/', '/usr/bin/'));
    expect(plugin).toMatch(/^0 certbot-ha - OK - /m);
  });

  test('have somebody told, by a URL in a file and by the timer', { timeout: 120_000 }, async () => {
    await type('urlFile', web1);
    expect(await web1.check(['stat', '--format=%a %U', '/etc/certbot-ha/ntfy.url'])).toBe('600 root\n');
    const config = await web1.readFile('/etc/certbot-ha/config.yaml');
    // Nobody is at that URL here.
    const told = `${config}notify:\n  - command: [sh, -c, 'cat >>/root/told']\n`;
    for (const host of [web1, web2]) await host.writeFile('/etc/certbot-ha/config.yaml', told);
    await type('notifyTest', web1);
    await type('notifyInManual', web1);
    expect(await web1.readFile('/root/told')).toContain('test');
    await type('notifyTimer', web1);
    expect(await web1.check(['systemctl', 'is-active', 'certbot-ha-notify.timer'])).toBe('active\n');
  });

  test('give keys to Caddy and to rsync', { timeout: 120_000 }, async () => {
    await web1.check(['sh', '-c', 'getent group caddy || groupadd caddy']);
    await type('keyForCaddy', web1);
    const key = `/etc/letsencrypt/live/${NAME}/privkey.pem`;
    expect(await web1.check(['stat', '-L', '--format=%a %G', key])).toBe('640 caddy\n');
    await type('rsyncKeys', web1);
    await type('rsyncAccount', web1);
    expect(await web1.readFile('/var/lib/certbot-ha/.ssh/authorized_keys')).toMatch(
      /^command="rrsync -wo \S+",restrict ssh-ed25519 \S+ certbot-ha\ncommand="rrsync \S+",restrict ssh-ed25519 \S+ certbot-ha-inbox\n$/,
    );
  });

  test('put a copied dist/ in place, and take it away', { timeout: 120_000 }, async () => {
    await bring(web3, await archive(directory), '/root/certbot-ha.tar.gz');
    await type('copied', web3);
    expect(await typeOn(web3, 'certbot-ha --version')).toMatch(/^\d/);
    await type('copiedAway', web3);
    expect(await typeOn(web3, 'command -v certbot-ha || ls /usr/local/lib')).not.toContain('certbot-ha');
  });

  test('are all of those that nothing else types', () => {
    expect([...left]).toEqual([]);
  });
});

/** dist/, as docs/by-hand.md packs it. */
async function archive(directory: string): Promise<string> {
  await cp(await requireDist(), join(directory, 'dist'), { recursive: true });
  const pack = 'cd "$0"; tar --owner=root --group=root --mode=a+rX -czf certbot-ha.tar.gz dist';
  await checkCommand(['sh', '-euc', pack, directory]);
  return join(directory, 'certbot-ha.tar.gz');
}
