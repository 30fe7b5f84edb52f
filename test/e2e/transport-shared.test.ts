import { expect, testIn } from '../lab/scene/scene.ts';

const shared = testIn({ sharedFilesystem: true });
const separate = testIn();

shared('transport shared: one webroot for all nodes needs no agent', async ({ scene }) => {
  scene.needsHosts('a filesystem that nodes share');
  await scene.configure({ transport: 'shared' });
  // The node that issues in the other tests too: a second one would have an account of its own.
  const [web1] = scene.nodes;
  for (const node of scene.nodes) {
    await scene.stop(node, 'agent');
  }
  const said = await scene.issue(web1, scene.names('shared', 5));
  expect(said).toContain(`5 challenges: served by web1, web2, web3, vip ${scene.vip} after `);
});

shared(
  'transport shared: a certificate and its renewal reach every node without an agent',
  async ({ scene }) => {
    scene.needsHosts('a filesystem that nodes share');
    await scene.configure({ transport: 'shared' });
    const [web1, web2, web3] = scene.nodes;
    for (const node of scene.nodes) {
      await scene.stop(node, 'agent');
    }
    for (const node of [web2, web3]) {
      scene.undo(async () => await node.check(['systemctl', 'stop', 'certbot-ha-watch']));
      await node.check(['systemctl', 'start', 'certbot-ha-watch']);
    }
    const name = scene.name('shared-delivery');
    await scene.expectEverywhere(name, await scene.issueEverywhere(web1, name));
    await scene.renew(web1, name);
    await scene.expectEverywhere(name, await scene.serial(web1, name));

    const fix = await scene.refuseRenewed(web2, name);
    const { stderr } = await scene.tryRenew(web1, name);
    expect(stderr).toContain('installer rolled back [installer-rolled-back]');
    expect(stderr).toContain('key values mismatch');
    await fix();
    await scene.deploy(web1, name);
    await scene.expectEverywhere(name, await scene.serial(web1, name));
  },
);

// The last one in this lab: what it takes off the standby nodes is not mounted again.
shared('transport shared: as with DRBD, only the holder of the VIP has it mounted', async ({ scene }) => {
  scene.needsHosts('a filesystem that nodes share');
  const [web1, web2, web3] = scene.nodes;
  await scene.moveVip(web1);
  const { webroot } = web2.paths;
  for (const node of [web2, web3]) await node.run(['umount', webroot]);
  const below = await web2.check(['find', webroot]);
  await scene.configure({
    transport: { challenges: 'shared', lineages: 'http' },
    webServer: { kind: 'nginx', runsOn: 'holder' },
  });
  expect(await scene.issue(web1, scene.names('drbd', 2))).toContain(`served by vip ${scene.vip} after`);

  const refused = await web2.run(['certbot-ha', 'drill']);
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(
      `nothing is mounted at ${webroot}, and this node does not hold ${scene.vip}`,
    ),
  });
  expect((await web2.run(['certbot-ha', 'doctor'])).stdout).toContain('SKIP  sharing: nothing is mounted at');
  expect(await web2.check(['find', webroot])).toBe(below);

  // It takes over, and mounts what it has: the agent runs since before that.
  await scene.moveVip(web2);
  await web2.check(['mount', '-t', 'tmpfs', '-o', 'mode=0755', 'drbd', webroot]);
  scene.undo(async () => await web2.check(['umount', webroot]));
  const tokens = `${webroot}/.well-known/acme-challenge`;
  await web2.check(['install', '-d', '-o', 'certbot-ha', '-g', 'certbot-ha', tokens]);
  expect(await scene.issue(web2, scene.name('drbd-after'))).toContain(`served by vip ${scene.vip} after`);
  const status = await web2.run(['certbot-ha', 'status']);
  expect(status.stdout).toMatch(/^web2 \(self\) .* tmpfs/m);
  const doctor = (await web2.run(['certbot-ha', 'doctor'])).stdout;
  expect(doctor).toMatch(/^PASS {2}sharing: /m);
  expect(doctor).toMatch(/^PASS {2}webroot: .*: root and the agent can write there$/m);
});

separate('transport shared: nodes that share nothing are all named', async ({ scene }) => {
  await scene.configure({ transport: 'shared', gate: { timeout: 2 } });
  const [web1] = scene.nodes;
  const { complaints } = await scene.tryIssue(web1, scene.name('not-shared'));
  expect(complaints).toContain('2 of 4 targets serve them');
  for (const name of ['web2', 'web3']) expect(complaints).toMatch(new RegExp(`${name} .*: 404 from nginx`));
});
