import { expect } from 'vitest';
import type { LabNode } from '../lab/lab.ts';
import { expectDelivered } from '../support/e2e-bundle-left.ts';
import { configure, threeNodes } from '../support/e2e-cluster.ts';
import { deployComplaints, generationOn } from '../support/e2e-delivery.ts';
import { expectSuccess, issue, leafOf, namesFor, renew } from '../support/e2e-issue.ts';
import { testIn } from '../support/e2e-test.ts';
import {
  breakServer,
  expectServed,
  servedSerial,
  startServers,
  useLineage,
  type OtherServer,
} from '../support/e2e-web-server.ts';

// nginx has port 80 alone.
const test = testIn({ webServerPort443: false });

const FIRST_WORDS = {
  apache: 'SSLCertificateFile LIVE/fullchain.pem',
  caddy: 'tls LIVE/fullchain.pem LIVE/privkey.pem',
  haproxy: 'bind :443 ssl crt LIVE/haproxy.pem',
} as const;

/** What each says of the configuration that `breakServer` makes. */
const REFUSALS = {
  apache: "Invalid command 'NoDirective'",
  caddy: 'unrecognized directive: no_directive',
  haproxy: "unknown keyword 'no-keyword' in 'frontend' section",
} as const;

test.for(['apache', 'caddy', 'haproxy'] as const)(
  '%s serves a renewed certificate on every node, with a key as private as before, and goes back from one that its test refuses',
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

    const before = await inUseOn(web2, name, kind);
    const mend = await breakServer(web2, kind, undo);
    const third = await renew(lab, web1, { name, hooks: 1 });

    expect(third.stderr).toContain("Hook 'deploy-hook' reported error code 1");
    expect(deployComplaints(third)).toContain(
      `web2 ${web2.address}: stopped here: its installer: rolled back`,
    );
    expect(deployComplaints(third)).toContain(REFUSALS[kind]);
    expect(before).toMatchObject({ generation: 2 });
    expect(await inUseOn(web2, name, kind)).toEqual(before);
    expect(await servedSerial(lab.ca, web2.address, name)).toBe(before.serial);

    await mend();
    expect(await web1.run(['certbot-ha', 'deploy', name])).toMatchObject({ code: 0, stderr: '' });
    await expectServed(lab, name, await leafOf(web1, name));
    await expectDelivered(nodes);
  },
);

/** What live leads to, and the file that haproxy reads instead. */
async function inUseOn(node: LabNode, name: string, kind: OtherServer) {
  const { letsencrypt } = node.paths;
  return {
    generation: await generationOn(node, name),
    serial: (await leafOf(node, name)).serialNumber,
    combined: kind === 'haproxy' ? await node.readFile(`${letsencrypt}/live/${name}/haproxy.pem`) : null,
  };
}

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
