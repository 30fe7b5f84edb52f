import { join } from 'node:path';
import { eventually, expect, test, type LabNode, type Scene } from '../lab/scene/scene.ts';

test('a lineage is deleted on every node, on one that was off as well, stays away, and lives when it is issued anew', async ({
  scene,
  forge,
}) => {
  scene.needsHosts('a host without power');
  await scene.configure({ gate: { timeout: 5 } });
  const timers = await scene.holdTimers();
  const [web1, web2, web3] = scene.nodes;
  const [name = '', ...others] = scene.names('deleted', 3);
  await scene.issueEverywhere(web1, name);
  const serials = await forge.besides(scene.nodes, others);
  await scene.serve(others);

  // One web server names it still: nothing is deleted anywhere, and where that is is said.
  await forgetSite(name, [web1, web3]);
  const refused = await web1.run(['certbot-ha', 'delete', name]);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toContain(`${who(web2)}: ${name}: not deleted\n`);
  expect(refused.stderr).toContain(`${name}: ${web2.address} serves it on port 443`);
  expect(refused.stderr).toContain('[lineage-served]');
  expect(refused.stderr).not.toMatch(/^(?:certbot-ha: )?web[13] /m);
  expect(refused.stderr).toContain(`${name}: nothing is deleted on any node\n`);
  for (const node of scene.nodes) expect(await partsOf(node, name)).toHaveLength(3);

  await forgetSite(name, [web2]);
  const back = await scene.takeDown(web3, 'power');
  const { code, stdout, stderr } = await web1.run(['certbot-ha', 'delete', name]);
  expect([code, stdout]).toEqual([1, `${who(web1)}: ${name}: deleted\n${who(web2)}: ${name}: deleted\n`]);
  expect(stderr).toContain(`${who(web3)}: ${name}: not deleted yet, outstanding\n`);
  for (const node of [web1, web2]) expect(await partsOf(node, name)).toEqual([]);
  expect(await scene.outstanding(web1)).toEqual([`web3 ${name}`]);

  await back();
  await timers.hurry(web3);
  await goes(web3, name);
  await scene.holdTimers();
  await syncTwice(scene);
  expect(await scene.outstanding(web1)).toEqual([]);
  for (const node of scene.nodes) expect(await partsOf(node, name)).toEqual([]);
  for (const [other, serial] of serials) await scene.expectEverywhere(other, serial);

  const serial = await scene.issueEverywhere(web2, name);
  await syncTwice(scene);
  await scene.expectEverywhere(name, serial);
});

test('what certbot delete or certbot revoke has done on one node is told on every node, stays so, and is undone or finished as they say', async ({
  scene,
  forge,
}) => {
  scene.needsHosts('systemd');
  await scene.configure({ gate: { timeout: 5 } });
  await scene.holdTimers();
  const [web1, web2, web3] = scene.nodes;
  const [name = '', ...others] = scene.names('by-hand', 3);
  const serial = await scene.issueEverywhere(web1, name);
  const serials = await forge.besides(scene.nodes, others);
  await scene.serve(others);
  const [undo, finish] = [
    ['certbot-ha', 'delete', '--undo', name],
    ['certbot-ha', 'delete', name],
  ];

  expect(await scene.plainCertbot(web2, ['delete', '--cert-name', name])).toMatchObject({ code: 0 });
  for (const node of [web2, web1, web3]) {
    const synced = await node.run(['certbot-ha', 'sync']);
    expect([node.name, synced.code]).toEqual([node.name, 1]);
    expect(synced.stderr).toContain(`${who(web2)}: ${name}: deleted on that node alone`);
    const { stdout } = await node.run(['certbot-ha', 'status']);
    expect(stdout).toMatch(/web2: .*deleted-by-hand/);
    for (const command of [undo, finish])
      expect(stdout + synced.stderr).toContain(`: ${command.join(' ')}\n`);
  }
  expect(await partsOf(web2, name)).toEqual([]);

  expect(await web2.run(undo)).toMatchObject({ code: 0, stderr: '' });
  await comes(web2, name);
  await scene.expectDelivered();
  await web2.reloadNginx();
  await scene.expectEverywhere(name, serial);

  // Revoked, it stays away as well, though the others have it still.
  expect(await scene.plainCertbot(web2, ['revoke', '--cert-name', name])).toMatchObject({ code: 0 });
  expect(await partsOf(web2, name)).toEqual([]);
  for (const node of [web2, web1]) {
    const synced = await node.run(['certbot-ha', 'sync']);
    expect([node.name, synced.code]).toEqual([node.name, 1]);
    expect(synced.stderr).toContain(`${who(web2)}: ${name}: deleted on that node alone`);
    expect(synced.stderr).toContain(`certbot-ha certonly --cert-name ${name} -d NAME\n`);
  }
  expect(await partsOf(web2, name)).toEqual([]);

  await forgetSite(name, scene.nodes);
  expect(await web3.run(finish)).toMatchObject({ code: 0, stderr: '' });
  await syncTwice(scene);
  for (const node of scene.nodes) expect(await partsOf(node, name)).toEqual([]);
  for (const [other, itsOwn] of serials) await scene.expectEverywhere(other, itsOwn);
});

/** In the words of what is printed. */
function who({ name, address }: LabNode): string {
  return `${name} ${address}`;
}

/** As an operator does it, who means to delete the lineage. */
async function forgetSite(name: string, nodes: readonly LabNode[]): Promise<void> {
  for (const node of nodes) {
    await node.check(['rm', join(node.paths.nginxConfDir, `${name}.conf`)]);
    await node.reloadNginx();
  }
}

/** What certbot has of a lineage. */
async function partsOf({ check, paths }: LabNode, name: string): Promise<readonly string[]> {
  const named = ['(', '-name', name, '-o', '-name', `${name}.conf`, ')'];
  const found = await check(['find', paths.letsencrypt, '-mindepth', '2', '-maxdepth', '2', ...named]);
  return found.split('\n').filter(Boolean);
}

async function goes(node: LabNode, name: string): Promise<void> {
  await eventually(async () => (await partsOf(node, name)).length === 0, {
    ...{ timeoutMs: 60_000, everyMs: 200 },
    what: `${node.name} to have nothing of ${name}`,
  });
}

async function comes(node: LabNode, name: string): Promise<void> {
  await eventually(async () => (await partsOf(node, name)).length === 3, {
    ...{ timeoutMs: 60_000, everyMs: 200 },
    what: `${node.name} to have ${name}`,
  });
}

/** Twice on each node: what one would bring back the next would spread. */
async function syncTwice({ nodes }: Scene): Promise<void> {
  for (const node of [...nodes, ...nodes])
    expect([node.name, await node.run(['certbot-ha', 'sync'])]).toMatchObject([
      node.name,
      { code: 0, stderr: '' },
    ]);
}
