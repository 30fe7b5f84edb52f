import type { LabNode } from '../lab/lab.ts';
import { expect, test, type Scene } from '../lab/scene/scene.ts';

/** What a node still has to deliver of a lineage; what an earlier try of a test has left is of others. */
const outstandingOf = async (scene: Scene, node: LabNode, name: string) =>
  (await scene.outstanding(node)).filter((line) => line.endsWith(` ${name}`));

test("the canary's nginx refuses it: it is rolled back, nobody else is activated, and nginx says why", async ({
  scene,
}) => {
  scene.needsHosts('systemd');
  await scene.configure({ gate: { timeout: 5 } });
  const [web1, web2, web3] = scene.nodes;
  const name = scene.name('canary');
  const first = await scene.issueEverywhere(web1, name);
  const fix = await scene.refuseRenewed(web2, name);

  const result = await scene.tryRenew(web1, name);

  expect(result.stderr).toContain("Hook 'deploy-hook' reported error code 1");
  const { deployComplaints: complaints } = result;
  expect(complaints).toContain(`web2 ${web2.address}: roll-out stopped: installer rolled back`);
  expect(complaints).toMatch(/key values mismatch/);
  expect(complaints).toContain('the previous certificate is restored');
  for (const { name: node, address } of [web1, web3])
    expect(complaints).toMatch(
      new RegExp(
        `${node} ${address}: not activated, serves another certificate of this name \\(serial 0*${first}\\)`,
        'i',
      ),
    );
  expect(complaints).toMatch(
    new RegExp(`web2 ${web2.address}: serves another .*\\(serial 0*${first}\\)`, 'i'),
  );
  expect(complaints).toMatch(new RegExp(`vip ${scene.vip}: serves another .*\\(serial 0*${first}\\)`, 'i'));
  const second = await scene.serial(web1, name);
  expect(second).not.toBe(first);
  expect(await scene.served(name)).toEqual(scene.everywhere(first));
  expect([await scene.generation(web2, name), await scene.generation(web3, name)]).toEqual([1, 1]);
  expect(await web2.readFile(`/etc/letsencrypt/live/${name}/privkey.pem`)).toBe(
    await web3.readFile(`/etc/letsencrypt/live/${name}/privkey.pem`),
  );
  expect((await outstandingOf(scene, web1, name)).toSorted()).toEqual([
    `web1 ${name}`,
    `web2 ${name}`,
    `web3 ${name}`,
  ]);

  await fix();
  await scene.deploy(web1, name);
  await scene.expectEverywhere(name, second);
  expect(await outstandingOf(scene, web1, name)).toEqual([]);
});

test("the holder's nginx refuses it: the others serve the new certificate, and it serves the old one", async ({
  scene,
}) => {
  scene.needsHosts('systemd');
  await scene.configure({ gate: { timeout: 5 } });
  const [web1, web2, web3] = scene.nodes;
  const name = scene.name('last');
  const first = await scene.issueEverywhere(web1, name);
  await scene.moveVip(web3);
  const fix = await scene.refuseRenewed(web3, name);

  const result = await scene.tryRenew(web1, name);

  const { deployComplaints: complaints } = result;
  expect(complaints).toContain(`web1 ${web1.address}: serves the new certificate`);
  expect(complaints).toContain(`web2 ${web2.address}: serves the new certificate`);
  expect(complaints).toContain(`web3 ${web3.address}: roll-out stopped: installer rolled back`);
  expect(complaints).toContain('key values mismatch');
  const second = await scene.serial(web1, name);
  expect(await scene.served(name)).toEqual({ web1: second, web2: second, web3: first, vip: first });
  expect(await scene.generation(web3, name)).toBe(1);
  expect(await outstandingOf(scene, web1, name)).toEqual([`web3 ${name}`]);

  // Fixed, the next sync brings what is outstanding.
  await fix();
  expect(await web1.run(['certbot-ha', 'sync'])).toMatchObject({ code: 0, stderr: '' });
  await scene.expectEverywhere(name, second);
  expect(await outstandingOf(scene, web1, name)).toEqual([]);
});

test("the canary's nginx was broken before: the certificate waits there, all others serve it, and nginx says why", async ({
  scene,
}) => {
  scene.needsHosts('systemd');
  await scene.configure({ gate: { timeout: 5 } });
  const [web1, web2] = scene.nodes;
  const name = scene.name('broken-before');
  const first = await scene.issueEverywhere(web1, name);
  const fix = await scene.breakNginx(web2);

  const { deployComplaints: complaints } = await scene.tryRenew(web1, name);

  expect(complaints).toContain(`web2 ${web2.address}: outstanding: installer did not reload the web server`);
  expect(complaints).toMatch(/unknown directive "this" in \/etc\/nginx\/conf\.d\/broken\.conf:1/);
  expect(complaints).toContain('the test failed before as well: the new certificate is in place');
  const second = await scene.serial(web1, name);
  expect(await scene.served(name)).toEqual({ ...scene.everywhere(second), web2: first });
  expect(await scene.serial(web2, name)).toBe(second);
  expect(await outstandingOf(scene, web1, name)).toEqual([`web2 ${name}`]);

  await fix();
  expect(await web1.run(['certbot-ha', 'sync'])).toMatchObject({ code: 0, stderr: '' });
  await scene.expectEverywhere(name, second);
});
