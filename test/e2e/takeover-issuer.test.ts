import { expect } from 'vitest';
import type { Lab, LabNode } from '../lab/lab.ts';
import { configure } from '../support/e2e-cluster.ts';
import {
  comesToServe,
  debtsSettled,
  deliveryNodes,
  deployComplaints,
  expectEverywhere,
  issueEverywhere,
  serialOf,
} from '../support/e2e-delivery.ts';
import { namesFor, renew } from '../support/e2e-issue.ts';
import { installSnap, SNAP_UNIT } from '../support/e2e-snap.ts';
import { testIn } from '../support/e2e-test.ts';

const test = testIn();

test("certbot's own unit is skipped where another node holds the VIP, and runs where this one does", async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('systemd');
  const nodes = await deliveryNodes(lab, undo);
  for (const holder of [nodes[0], nodes[1]]) {
    await lab.moveVip(holder);
    for (const node of nodes) {
      await node.check(['systemctl', 'start', 'certbot.service'], { timeoutMs: 90_000 });
      const said = await lastStart(node);
      if (node === holder) {
        expect(said).toContain(`${node.name} renews: it holds the VIP ${lab.vips[0]}`);
        expect(said).toContain('Finished ');
      } else {
        expect(said).toContain(`${node.name} does not renew: ${holder.name} holds the VIP ${lab.vips[0]}`);
        expect(said).toContain("Skipped due to 'exec-condition'");
      }
      expect((await node.run(['systemctl', 'is-failed', 'certbot.service'])).stdout).toBe('inactive\n');
    }
  }
});

test("a configuration that cannot be read fails certbot's unit: nobody would notice a skip", async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('systemd');
  const [web1] = await deliveryNodes(lab, undo);
  undo(async () => {
    await lab.configure(null, { nodes: [web1], restartAgents: false });
    await web1.check(['systemctl', 'reset-failed', 'certbot.service']);
  });
  await lab.configure('nodes: none\n', { nodes: [web1], restartAgents: false });
  expect((await web1.run(['systemctl', 'start', 'certbot.service'])).code).not.toBe(0);
  expect((await web1.run(['systemctl', 'is-failed', 'certbot.service'])).stdout).toBe('failed\n');
});

test("the snap's unit, with the drop-in that README installs for it: runs on the holder, is skipped elsewhere, fails when broken", async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('systemd');
  const nodes = await deliveryNodes(lab, undo);
  const [web1, web2] = nodes;
  for (const node of nodes) await installSnap(node, undo);
  await lab.moveVip(web2);

  for (const node of nodes) {
    await node.check(['systemctl', 'start', SNAP_UNIT], { timeoutMs: 90_000 });
    const said = await lastStart(node, SNAP_UNIT);
    if (node === web2) expect(said).toContain('No renewals were attempted');
    else expect(said).toContain("Skipped due to 'exec-condition'");
    expect((await node.run(['systemctl', 'is-failed', SNAP_UNIT])).stdout).toBe('inactive\n');
  }

  undo(async () => {
    await lab.configure(null, { nodes: [web1], restartAgents: false });
    await web1.check(['systemctl', 'reset-failed', SNAP_UNIT]);
  });
  await lab.configure('nodes: none\n', { nodes: [web1], restartAgents: false });
  expect((await web1.run(['systemctl', 'start', SNAP_UNIT])).code).not.toBe(0);
  expect((await web1.run(['systemctl', 'is-failed', SNAP_UNIT])).stdout).toBe('failed\n');
});

test('certonly refuses on a backup and says who is the issuer; with --here it goes on', async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('systemd');
  const [web1, web2] = await deliveryNodes(lab, undo);
  const [name = ''] = namesFor('here');
  const refused = await web2.run(certonly(lab, name));
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toContain(
    `certbot-ha: certonly: web2 does not renew: ${(await lab.holder()).name} holds the VIP ${lab.vips[0]}`,
  );
  expect(refused.stderr).toContain('certbot-ha certonly --here');
  expect(await web2.run(['test', '-e', `${web2.paths.letsencrypt}/live/${name}`])).toMatchObject({ code: 1 });

  expect(await web2.run(certonly(lab, name, '--here'), { timeoutMs: 120_000 })).toMatchObject({ code: 0 });
  const serial = await serialOf(web2, name);
  expect(await serialOf(web1, name)).toBe(serial);

  const named = lab.defaultConfig({ certificates: { issuer: 'web3' } });
  undo(async () => await lab.configure(null, { restartAgents: false }));
  await lab.configure(named, { restartAgents: false });
  const codes = await Promise.all(
    lab.nodes.map(async (node) => (await node.run(['certbot-ha', 'is-issuer'])).code),
  );
  expect(codes).toEqual([1, 1, 0]);
});

test('is-issuer brings a node up to date before it says that this node renews', async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('systemd');
  await configure(lab, undo, { gate: { timeout: 5, require: 'vip' } });
  const [web1, , web3] = await deliveryNodes(lab, undo);
  const [name = ''] = namesFor('late');
  const first = await issueEverywhere(lab, web1, name, undo);
  await web3.stopService('agent');
  undo(async () => await web3.startService('agent'));
  const result = await renew(lab, web1, { name, hooks: 1 });
  expect(deployComplaints(result)).toContain(
    `web3 ${web3.address}: owed: agent port 9480: connection refused`,
  );
  expect(await serialOf(web3, name)).toBe(first);
  const second = await serialOf(web1, name);
  await lab.moveVip(web3);

  await web3.startService('agent');
  const said = await web3.run(['certbot-ha', 'is-issuer']);

  expect(said).toMatchObject({ code: 0, stderr: '' });
  expect(await serialOf(web3, name)).toBe(second);
  await comesToServe(lab, web3, { name, serial: second, timeoutMs: 10_000 });
  await debtsSettled(web1);
  await expectEverywhere(lab, name, second);
  await web1.check(['certbot-ha', 'drill', name]);
});

/** What the journal has of the unit since it was started last. */
async function lastStart(node: LabNode, unit = 'certbot.service'): Promise<string> {
  await node.check(['journalctl', '--sync']);
  const journal = await node.check(['journalctl', '-b', '-o', 'cat', '-n', '30', '-u', unit]);
  return journal.slice(journal.lastIndexOf('Starting '));
}

function certonly(lab: Lab, name: string, ...more: readonly string[]): readonly string[] {
  const ca = ['--server', lab.directoryUrl, '--no-verify-ssl', '--agree-tos', '-m', 'a@example.test', '-n'];
  return ['certbot-ha', 'certonly', ...more, '-d', name, ...ca];
}
