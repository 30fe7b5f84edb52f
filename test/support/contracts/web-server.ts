import type { LabNode } from '../../lab/lab.ts';
import { expect, type Scene, type testIn } from '../../lab/scene/scene.ts';
import type { OtherServer } from '../../lab/scene/web-servers/kind.ts';
import {
  breakServer,
  refuseRenewed,
  serveByOther,
  startServers,
} from '../../lab/scene/web-servers/running.ts';

/** What every web server keeps to, in a lab whose nginx has port 80 alone. */
export function describeWebServer(test: ReturnType<typeof testIn>, server: OtherServer): void {
  test(`${server.kind} serves a renewed certificate on every node, with a key as private as before, goes back from one that its test refuses, and stays with one where its test failed before`, async ({
    scene,
  }) => {
    scene.needsHosts('web servers of its own');
    await scene.configure({ webServer: { kind: server.kind } });
    const name = scene.name(server.kind);
    await startServers(scene, server);
    await advises(scene, server, name);
    await servesRenewed(scene, server, name);
    await goesBack(scene, server, name);
    await stays(scene, server, name);
  });
}

async function advises({ issue, nodes }: Scene, { advice }: OtherServer, name: string): Promise<void> {
  const said = await issue(nodes[0], name, { deploys: true });
  expect(said).toContain('not in use there');
  expect(said).toContain(advice.replaceAll('LIVE', `${nodes[0].paths.letsencrypt}/live/${name}`));
  for (const node of nodes) expect(await keyOf(node, name)).toBe('600 root');
}

async function servesRenewed(scene: Scene, server: OtherServer, name: string): Promise<void> {
  const [web1, web2, web3] = scene.nodes;
  // A group of the operator's own may read the key, on these two nodes.
  const trusted = [web1, web2, ...(server.kind === 'caddy' ? [web3] : [])];
  for (const node of trusted) await letGroupRead(node, name);
  await serveByOther(scene, server, name);

  const said = await scene.renew(web1, name);

  for (const node of [web2, web3]) expect(said).toContain(`${node.name} ${node.address}: served (`);
  await scene.expectServed(name, await scene.serial(web1, name));
  for (const node of scene.nodes) {
    const key = trusted.includes(node) ? '640 caddy' : '600 root';
    expect([node.name, await keyOf(node, name)]).toEqual([node.name, key]);
    if (server.kind === 'haproxy') expect(await keyOf(node, name, 'haproxy')).toBe(key);
    expect(await node.check(['certbot', 'certificates', '--cert-name', name])).toContain('VALID');
  }
  await scene.expectDelivered();
}

async function goesBack(scene: Scene, server: OtherServer, name: string): Promise<void> {
  const [web1, web2] = scene.nodes;
  const [before, newest] = [await inUseOn(scene, server, name), await scene.serial(web1, name)];
  const fix = await refuseRenewed(scene, server, { node: web2, name });

  const refused = await scene.tryRenew(web1, name);

  expect(refused.stderr).toContain("Hook 'deploy-hook' reported error code 1");
  expect(refused.deployComplaints).toContain(`web2 ${web2.address}: roll-out stopped: installer rolled back`);
  expect(refused.deployComplaints).toContain(server.pinnedRefusal);
  expect(refused.deployComplaints).toContain('the test passes with it [previous-restored]');
  expect(before.serial).toBe(newest);
  expect(await inUseOn(scene, server, name)).toEqual(before);
  expect(await scene.servedBy(web2, name)).toBe(before.serial);

  await fix();
  expect(await web1.run(['certbot-ha', 'deploy', name])).toMatchObject({ code: 0, stderr: '' });
  await scene.expectServed(name, await scene.serial(web1, name));
  await scene.expectDelivered();
}

/** Its configuration is broken for another reason: the certificate is there, and used once that is fixed. */
async function stays(scene: Scene, server: OtherServer, name: string): Promise<void> {
  const [web1, web2, web3] = scene.nodes;
  const before = await scene.servedBy(web2, name);
  const fix = await breakServer(scene, server, web2);

  const { deployComplaints } = await scene.tryRenew(web1, name);

  expect(deployComplaints).toContain(`web2 ${web2.address}: outstanding: installer did not reload`);
  expect(deployComplaints).toContain(server.refusal);
  expect(deployComplaints).toContain('the test failed before as well');
  const serial = await scene.serial(web1, name);
  expect([await scene.serial(web2, name), await scene.servedBy(web2, name)]).toEqual([serial, before]);
  expect(await scene.servedBy(web3, name)).toBe(serial);

  await fix();
  expect(await web1.run(['certbot-ha', 'sync'])).toMatchObject({ code: 0, stderr: '' });
  await scene.expectServed(name, serial);
  await scene.expectDelivered();
}

/** What live leads to on web2, and the file that haproxy reads instead. */
async function inUseOn({ nodes: [, web2], ...scene }: Scene, { kind }: OtherServer, name: string) {
  const { letsencrypt } = web2.paths;
  return {
    generation: await scene.generation(web2, name),
    serial: await scene.serial(web2, name),
    combined: kind === 'haproxy' ? await web2.readFile(`${letsencrypt}/live/${name}/haproxy.pem`) : null,
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
