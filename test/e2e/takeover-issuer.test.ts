import { expect, test, type LabNode, type Scene } from '../lab/scene/scene.ts';
import { installSnap, SNAP_UNIT } from '../lab/scene/snap.ts';

test("certbot's own unit is skipped where another node holds the VIP, and runs where this one does", async ({
  scene,
}) => {
  scene.needsHosts('systemd');
  const { nodes } = scene;
  for (const holder of [nodes[0], nodes[1]]) {
    await scene.moveVip(holder);
    for (const node of nodes) {
      await node.check(['systemctl', 'start', 'certbot.service'], { timeoutMs: 90_000 });
      const said = await lastStart(node);
      if (node === holder) {
        expect(said).toContain(`${node.name} renews: it holds the VIP ${scene.vip}`);
        expect(said).toContain('Finished ');
      } else {
        expect(said).toContain(`${node.name} does not renew: ${holder.name} holds the VIP ${scene.vip}`);
        expect(said).toContain("Skipped due to 'exec-condition'");
      }
      expect((await node.run(['systemctl', 'is-failed', 'certbot.service'])).stdout).toBe('inactive\n');
    }
  }
});

test("a configuration that cannot be read fails certbot's unit: nobody would notice a skip", async ({
  scene,
}) => {
  scene.needsHosts('systemd');
  await expectFailure(scene, 'certbot.service');
});

test("the snap's unit, with certbot-ha's drop-in: runs on the holder, is skipped elsewhere, fails when broken", async ({
  scene,
}) => {
  scene.needsHosts('systemd');
  const { nodes } = scene;
  const [, web2] = nodes;
  for (const node of nodes) await installSnap(scene, node);
  await scene.moveVip(web2);

  for (const node of nodes) {
    await node.check(['systemctl', 'start', SNAP_UNIT], { timeoutMs: 90_000 });
    const said = await lastStart(node, SNAP_UNIT);
    if (node === web2) expect(said).toContain('No renewals were attempted');
    else expect(said).toContain("Skipped due to 'exec-condition'");
    expect((await node.run(['systemctl', 'is-failed', SNAP_UNIT])).stdout).toBe('inactive\n');
  }

  await expectFailure(scene, SNAP_UNIT);
});

test('certonly refuses on a backup and says who is the issuer; with --here it goes on', async ({ scene }) => {
  scene.needsHosts('systemd');
  const [web1, web2] = scene.nodes;
  const name = scene.name('here');
  const refused = await scene.certonly(web2, name);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toContain(
    `certbot-ha: web2 does not renew: ${(await scene.holder()).name} holds the VIP ${scene.vip}`,
  );
  expect(refused.stderr).toContain('certbot-ha certonly --here');
  expect(await web2.run(['test', '-e', `${web2.paths.letsencrypt}/live/${name}`])).toMatchObject({ code: 1 });

  expect(await scene.certonly(web2, name, ['--here'])).toMatchObject({
    code: 0,
  });
  const serial = await scene.serial(web2, name);
  expect(await scene.serial(web1, name)).toBe(serial);

  await scene.configure({ certificates: { issuer: 'web3' } });
  const codes = await Promise.all(
    scene.nodes.map(async (node) => (await node.run(['certbot-ha', 'is-issuer'])).code),
  );
  expect(codes).toEqual([1, 1, 0]);
});

test('is-issuer brings a node up to date before it says that this node renews', async ({ scene }) => {
  scene.needsHosts('systemd');
  await scene.configure({ gate: { timeout: 5, require: 'vip' } });
  const [web1, , web3] = scene.nodes;
  const name = scene.name('late');
  const first = await scene.issueEverywhere(web1, name);
  const back = await scene.stop(web3, 'agent');
  const result = await scene.tryRenew(web1, name);
  expect(result.deployComplaints).toContain(
    `web3 ${web3.address}: outstanding: agent port 9480: connection refused`,
  );
  expect(await scene.serial(web3, name)).toBe(first);
  const second = await scene.serial(web1, name);
  await scene.moveVip(web3);

  await back();
  const said = await web3.run(['certbot-ha', 'is-issuer']);

  expect(said).toMatchObject({ code: 0, stderr: '' });
  expect(await scene.serial(web3, name)).toBe(second);
  await scene.comesToServe(web3, { name, serial: second, timeoutMs: 10_000 });
  await scene.nothingOutstanding(web1);
  await scene.expectEverywhere(name, second);
  await scene.forgetTokens(web1, name);
});

/** What the journal has of the unit since it was started last. */
async function lastStart(node: LabNode, unit = 'certbot.service'): Promise<string> {
  await node.check(['journalctl', '--sync']);
  const journal = await node.check(['journalctl', '-b', '-o', 'cat', '-n', '30', '-u', unit]);
  return journal.slice(journal.lastIndexOf('Starting '));
}

/** The unit of a node whose configuration cannot be read. */
async function expectFailure(scene: Scene, unit: string): Promise<void> {
  const [web1] = scene.nodes;
  scene.undo(async () => await web1.check(['systemctl', 'reset-failed', unit]));
  await scene.configureAs('nodes: none\n', [web1]);
  expect((await web1.run(['systemctl', 'start', unit])).code).not.toBe(0);
  expect((await web1.run(['systemctl', 'is-failed', unit])).stdout).toBe('failed\n');
}
