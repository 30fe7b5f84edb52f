import { expect, test } from '../lab/scene/scene.ts';

test('by rsync into a forced inbox, a certificate and its renewal reach every node', async ({ scene }) => {
  scene.needsHosts('sshd');
  await scene.deliverByRsync();
  const [web1] = scene.nodes;
  const name = scene.name('by-rsync');
  const first = await scene.issueEverywhere(web1, name);
  await scene.expectEverywhere(name, first);

  const result = await scene.tryRenew(web1, name);

  scene.expectSuccess(result);
  const second = await scene.serial(web1, name);
  expect(second).not.toBe(first);
  await scene.expectEverywhere(name, second);
});

test(
  "by rsync, the canary's nginx refuses it: nobody else is activated, and nginx says why",
  { tags: ['core'] },
  async ({ scene }) => {
    scene.needsHosts('sshd');
    await scene.deliverByRsync({ gate: { timeout: 5 } });
    const [web1, web2, web3] = scene.nodes;
    const name = scene.name('canary-by-rsync');
    const first = await scene.issueEverywhere(web1, name);
    const fix = await scene.refuseRenewed(web2, name);

    const result = await scene.tryRenew(web1, name);

    const { deployComplaints: complaints } = result;
    expect(complaints).toContain(`web2 ${web2.address}: roll-out stopped: installer rolled back`);
    expect(complaints).toContain('key values mismatch');
    expect(complaints).toContain('the previous certificate is restored');
    expect(complaints).toContain(`web3 ${web3.address}: not activated`);
    expect(await scene.served(name)).toEqual(scene.everywhere(first));
    expect([await scene.generation(web2, name), await scene.generation(web3, name)]).toEqual([1, 1]);

    await fix();
    await scene.deploy(web1, name);
    await scene.expectEverywhere(name, await scene.serial(web1, name));
  },
);

test('by rsync with a key for writing alone, the gate tells that the canary has rolled back', async ({
  scene,
}) => {
  scene.needsHosts('sshd');
  await scene.deliverByRsync({ gate: { timeout: 5 }, mayRead: false });
  const [web1, web2, web3] = scene.nodes;
  const name = scene.name('canary-by-writing');
  const unconfirmed = (await scene.tryIssue(web1, name, { deploys: true })).deployComplaints;
  const words =
    "outstanding: staged and activated, but its installer's answer cannot be read [installation-unconfirmed]";
  for (const { name: node, address } of [web2, web3])
    expect(unconfirmed).toContain(`${node} ${address}: ${words}`);
  expect(unconfirmed).toContain('rsync: write-only there: ');
  await scene.serve(name);
  await scene.deploy(web1, name);
  const fix = await scene.refuseRenewed(web2, name);

  const complaints = (await scene.tryRenew(web1, name)).deployComplaints;

  expect(complaints).toMatch(
    new RegExp(`web2 ${web2.address}: roll-out stopped: .*serves another certificate`),
  );
  expect(complaints).toContain(`web3 ${web3.address}: not activated`);

  await fix();
  await scene.deploy(web1, name);
  await scene.expectEverywhere(name, await scene.serial(web1, name));
});

test('by rsync, a node without power has it outstanding until the timer finds it again', async ({
  scene,
}) => {
  scene.needsHosts('sshd');
  await scene.deliverByRsync({ gate: { timeout: 8, require: 'available' } });
  const [web1, , web3] = scene.nodes;
  const timers = await scene.holdTimers();
  const name = scene.name('outstanding-by-rsync');
  await scene.issueEverywhere(web1, name);
  const back = await scene.takeDown(web3, 'power');

  const result = await scene.tryRenew(web1, name);

  expect(result.deployComplaints).toContain(`web3 ${web3.address}: outstanding: ssh: `);
  expect(await scene.outstanding(web1)).toEqual([`web3 ${name}`]);
  const serial = await scene.serial(web1, name);
  await back();
  await timers.hurry(web1);
  await scene.comesToServe(web3, { name, serial, timeoutMs: 20_000 });
  await scene.nothingOutstanding(web1);
  await timers.letGo();
  await scene.expectEverywhere(name, serial);
  await scene.forgetTokens(web1, name);
});
