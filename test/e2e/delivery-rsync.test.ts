// @module-tag core
import { expect } from 'vitest';
import {
  breakNginx,
  comesToServe,
  debtsSettled,
  deliveryNodes,
  deployComplaints,
  everywhere,
  expectEverywhere,
  forgetTokens,
  generationOn,
  issueEverywhere,
  owedBy,
  serialOf,
  servedBy,
  useEverywhere,
} from '../support/e2e-delivery.ts';
import { deliverByRsync } from '../support/e2e-delivery-rsync.ts';
import { expectSuccess, issue, namesFor, renew } from '../support/e2e-issue.ts';
import { down } from '../support/e2e-outage.ts';
import { testIn } from '../support/e2e-test.ts';
import { holdTimers } from '../support/e2e-timer.ts';

const test = testIn();

test('by rsync into a forced inbox, a certificate and its renewal reach every node', async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('sshd');
  await deliverByRsync(lab, undo);
  const [web1] = await deliveryNodes(lab, undo);
  const [name = ''] = namesFor('by-rsync');
  const first = await issueEverywhere(lab, web1, name, undo);
  await expectEverywhere(lab, name, first);

  const result = await renew(lab, web1, { name, hooks: 1 });

  expectSuccess(result);
  const second = await serialOf(web1, name);
  expect(second).not.toBe(first);
  await expectEverywhere(lab, name, second);
});

test("by rsync, the canary's nginx is broken: nobody else is activated, and nginx says why", async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('sshd');
  await deliverByRsync(lab, undo, { gate: { timeout: 5 } });
  const [web1, web2, web3] = await deliveryNodes(lab, undo);
  const [name = ''] = namesFor('canary-by-rsync');
  const first = await issueEverywhere(lab, web1, name, undo);
  const mend = await breakNginx(web2, undo);

  const result = await renew(lab, web1, { name, hooks: 1 });

  const complaints = deployComplaints(result);
  expect(complaints).toContain(`web2 ${web2.address}: stopped here: its installer: rolled back`);
  expect(complaints).toMatch(/unknown directive "this" in \/etc\/nginx\/conf\.d\/broken\.conf:1/);
  expect(complaints).toContain('the certificate from before is in place again');
  expect(complaints).toContain(`web3 ${web3.address}: not activated`);
  expect(await servedBy(lab, name)).toEqual(everywhere(lab, first));
  expect([await generationOn(web2, name), await generationOn(web3, name)]).toEqual([1, 1]);

  await mend();
  expect(await web1.run(['certbot-ha', 'deploy', name])).toMatchObject({ code: 0, stderr: '' });
  await expectEverywhere(lab, name, await serialOf(web1, name));
});

test('by rsync with a key for writing alone, the gate tells that the canary has rolled back', async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('sshd');
  await deliverByRsync(lab, undo, { gate: { timeout: 5 }, mayRead: false });
  const [web1, web2, web3] = await deliveryNodes(lab, undo);
  const [name = ''] = namesFor('canary-by-writing');
  const unconfirmed = deployComplaints(await issue(lab, web1, [name], { deployHook: 'certbot-ha-deploy' }));
  const words =
    "owed: staged and activated, but its installer's answer cannot be read: rsync: write-only there: ";
  for (const { name: node, address } of [web2, web3])
    expect(unconfirmed).toContain(`${node} ${address}: ${words}`);
  await useEverywhere(lab, name, undo);
  expect(await web1.run(['certbot-ha', 'deploy', name])).toMatchObject({ code: 0, stderr: '' });
  const mend = await breakNginx(web2, undo);

  const complaints = deployComplaints(await renew(lab, web1, { name, hooks: 1 }));

  expect(complaints).toMatch(new RegExp(`web2 ${web2.address}: stopped here: .*serves another certificate`));
  expect(complaints).toContain(`web3 ${web3.address}: not activated`);

  await mend();
  expect(await web1.run(['certbot-ha', 'deploy', name])).toMatchObject({ code: 0, stderr: '' });
  await expectEverywhere(lab, name, await serialOf(web1, name));
});

test('by rsync, a node without power is owed until the timer finds it again', async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('sshd');
  await deliverByRsync(lab, undo, { gate: { timeout: 8, require: 'available' } });
  const [web1, , web3] = await deliveryNodes(lab, undo);
  const timers = await holdTimers(lab, undo);
  const [name = ''] = namesFor('owed-by-rsync');
  await issueEverywhere(lab, web1, name, undo);
  const back = await down(web3, 'power', undo);

  const result = await renew(lab, web1, { name, hooks: 1 });

  expect(deployComplaints(result)).toContain(`web3 ${web3.address}: owed: ssh: `);
  expect(await owedBy(web1)).toEqual([`web3 ${name}`]);
  const serial = await serialOf(web1, name);
  await back();
  await timers.hurry(web1);
  await comesToServe(lab, web3, { name, serial, timeoutMs: 20_000 });
  await debtsSettled(web1);
  await timers.letGo();
  await expectEverywhere(lab, name, serial);
  await forgetTokens(web1, name);
});
