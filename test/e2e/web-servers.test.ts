import { expect } from 'vitest';
import type { LabNode } from '../lab/lab.ts';
import { expectDelivered } from '../support/e2e-bundle-left.ts';
import { configure, threeNodes } from '../support/e2e-cluster.ts';
import { expectSuccess, issue, leafOf, namesFor, renew } from '../support/e2e-issue.ts';
import { testIn } from '../support/e2e-test.ts';
import { expectServed, startServers, useLineage } from '../support/e2e-web-server.ts';

// nginx has port 80 alone.
const test = testIn({ webServerPort443: false });

const FIRST_WORDS = {
  apache: 'SSLCertificateFile LIVE/fullchain.pem',
  caddy: 'tls LIVE/fullchain.pem LIVE/privkey.pem',
  haproxy: 'bind :443 ssl crt LIVE/haproxy.pem',
} as const;

test.for(['apache', 'caddy', 'haproxy'] as const)(
  '%s serves a renewed certificate on every node, with a key as private as before',
  async (kind, { lab, undo, needsHosts }) => {
    needsHosts('web servers of its own');
    await configure(lab, undo, { webServer: { kind } });
    const [web1, web2, web3] = await threeNodes(lab);
    const nodes = [web1, web2, web3];
    const [name = ''] = namesFor(kind);
    const live = `${web1.paths.letsencrypt}/live/${name}`;
    await startServers(lab, kind, undo);

    const first = await issue(lab, web1, [name], { deployHook: 'certbot-ha-deploy' });
    expectSuccess(first);
    expect(first.stdout).toContain('not in use yet');
    expect(first.stdout).toContain(FIRST_WORDS[kind].replaceAll('LIVE', live));
    for (const node of nodes) expect(await keyOf(node, name)).toBe('600 root');

    // A group of the operator's own may read the key, on these two nodes.
    const trusted = [web1, web2, ...(kind === 'caddy' ? [web3] : [])];
    for (const node of trusted) await letGroupRead(node, name);
    await useLineage(lab, kind, name);
    const second = await renew(lab, web1, { name, hooks: 1 });

    expectSuccess(second);
    for (const node of [web2, web3])
      expect(second.stdout).toContain(`${node.name} ${node.address}: served (`);
    await expectServed(lab, name, await leafOf(web1, name));
    for (const node of nodes) {
      const key = trusted.includes(node) ? '640 caddy' : '600 root';
      expect([node.name, await keyOf(node, name)]).toEqual([node.name, key]);
      if (kind === 'haproxy') expect(await keyOf(node, name, 'haproxy')).toBe(key);
      expect(await node.check(['certbot', 'certificates', '--cert-name', name])).toContain('VALID');
    }
    await expectDelivered(nodes);
  },
);

/** `600 root`: mode and group of what live leads to. */
async function keyOf(node: LabNode, name: string, part = 'privkey'): Promise<string> {
  const file = `${node.paths.letsencrypt}/live/${name}/${part}.pem`;
  return (await node.check(['stat', '--dereference', '--format=%a %G', file])).trim();
}

async function letGroupRead(node: LabNode, name: string): Promise<void> {
  const { letsencrypt } = node.paths;
  const key = `${letsencrypt}/live/${name}/privkey.pem`;
  await node.check(['chgrp', 'caddy', key]);
  await node.check(['chmod', '0640', key]);
  await node.check(['chmod', '0755', `${letsencrypt}/live`, `${letsencrypt}/archive`]);
}
