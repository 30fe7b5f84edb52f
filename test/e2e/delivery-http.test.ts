import { expect, test, type LabNode, type Scene } from '../lab/scene/scene.ts';

test('a certificate reaches every node, and its renewal too: each node and the VIP serve it', async ({
  scene,
}) => {
  scene.needsHosts('systemd');
  const [web1, web2, web3] = scene.nodes;
  const name = scene.name('everywhere');
  const first = await scene.issueEverywhere(web1, name);
  await scene.expectEverywhere(name, first);

  const said = await scene.renew(web1, name);

  for (const node of scene.nodes) expect(said).toContain(`${node.name} ${node.address}: served (`);
  expect(said).toContain(`vip ${scene.vip}: served (`);
  const second = await scene.serial(web1, name);
  expect(second).not.toBe(first);
  await scene.expectEverywhere(name, second);
  for (const node of scene.nodes) await expectNotDue(scene, node, name);

  // One account for all, and keys that only root may read.
  for (const node of [web2, web3]) {
    expect(await scene.accounts(node)).toEqual(await scene.accounts(web1));
    const { letsencrypt } = node.paths;
    const modes = await node.check([
      ...['stat', '-c', '%a %U %n', `${letsencrypt}/archive/${name}/privkey1.pem`],
      `${letsencrypt}/archive/${name}/privkey2.pem`,
      `${letsencrypt}/archive`,
      `${letsencrypt}/live`,
    ]);
    expect(modes.replaceAll(`${letsencrypt}/`, '')).toBe(
      `600 root archive/${name}/privkey1.pem\n600 root archive/${name}/privkey2.pem\n` +
        '700 root archive\n700 root live\n',
    );
  }
  const status = await web3.check(['certbot-ha', 'status']);
  for (const node of scene.nodes)
    expect(status).toMatch(new RegExp(`^${name} +${node.name} +${node.address} +newest +newest `, 'm'));
  expect(status).toMatch(new RegExp(`^${name} +vip .*${scene.vip} +- +newest `, 'm'));
});

test('certbot itself renews on a node that has only ever been sent the lineage, with the same account', async ({
  scene,
}) => {
  scene.needsHosts('systemd');
  const [web1, , web3] = scene.nodes;
  const name = scene.name('from-elsewhere');
  const first = await scene.issueEverywhere(web1, name);
  const accounts = await scene.accounts(web1);
  const account = await accountIn(web1, name);
  expect(accounts).toEqual([expect.stringContaining(`/${account}/`)]);

  const result = await scene.plainCertbot(web3, ['renew', '--force-renewal', '--cert-name', name]);

  scene.expectSuccess(result);
  expect(result.stdout).toContain("Hook 'deploy-hook' ran with output:");
  const second = await scene.serial(web3, name);
  expect(second).not.toBe(first);
  await scene.expectEverywhere(name, second);
  for (const node of scene.nodes) {
    expect([node.name, await scene.accounts(node)]).toEqual([node.name, accounts]);
    expect([node.name, await accountIn(node, name)]).toEqual([node.name, account]);
    await expectNotDue(scene, node, name);
  }
});

test('deploy and sync have nothing to change where everything is up to date', async ({ scene }) => {
  scene.needsHosts('systemd');
  const [web1, web2] = scene.nodes;
  const name = scene.name('again');
  const serial = await scene.issueEverywhere(web1, name);
  await scene.deploy(web1, name);
  expect(await web2.run(['certbot-ha', 'sync'])).toMatchObject({ code: 0, stderr: '' });
  expect(await scene.served(name)).toEqual(scene.everywhere(serial));
});

/** `certbot renew` can read every lineage, and finds that this one has time. */
async function expectNotDue(scene: Scene, node: LabNode, name: string): Promise<void> {
  const result = await scene.plainCertbot(node, ['renew']);
  scene.expectSuccess(result);
  const chain = `${node.paths.letsencrypt}/live/${name}/fullchain.pem`;
  const notDue = /not due for renewal yet:\n((?: {2}.*\n)+)/.exec(result.stdout)?.[1];
  expect(notDue).toMatch(new RegExp(`^ {2}${chain} expires on [-0-9]+ \\(skipped\\)$`, 'm'));
  expect(result.stdout).toContain('No renewals were attempted.');
  expect(result.stdout).not.toMatch(/parse fail|invalid/i);
}

/** The account that a lineage's renewal configuration names. */
async function accountIn(node: LabNode, name: string): Promise<string | undefined> {
  const conf = await node.readFile(`${node.paths.letsencrypt}/renewal/${name}.conf`);
  return /^account = (\w+)$/m.exec(conf)?.[1];
}
