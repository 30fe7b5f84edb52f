// @module-tag core
import { expect } from 'vitest';
import { configure } from '../support/e2e-cluster.ts';
import {
  accountsOn,
  comesToServe,
  debtsSettled,
  deliveryNodes,
  deployComplaints,
  expectEverywhere,
  forgetTokens,
  issueEverywhere,
  serialOf,
  servedBy,
} from '../support/e2e-delivery.ts';
import { namesFor, renew } from '../support/e2e-issue.ts';
import { down } from '../support/e2e-outage.ts';
import { testIn } from '../support/e2e-test.ts';

const test = testIn();
const MINUTE_MS = 60_000;

test('the issuer is gone: the new holder renews the same lineage with the same account, and the old one catches up', async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('systemd');
  await configure(lab, undo, { gate: { timeout: 5, require: 'available' } });
  const [web1] = await deliveryNodes(lab, undo);
  const [name = ''] = namesFor('takeover');
  const first = await issueEverywhere(lab, web1, name, undo);
  const accounts = await accountsOn(web1);
  expect(accounts).toHaveLength(1);

  const back = await down(web1, 'power', undo);
  const holder = await lab.holder();
  expect(holder.name).not.toBe('web1');
  expect(await holder.run(['certbot-ha', 'is-issuer'])).toMatchObject({
    code: 0,
    stdout: `${holder.name} renews: it holds the VIP ${lab.vips[0]}\n`,
  });
  const result = await renew(lab, holder, { name, hooks: 1 });

  expect(result.code).toBe(0);
  expect(deployComplaints(result)).toContain(`web1 ${web1.address}: owed: `);
  const second = await serialOf(holder, name);
  expect(second).not.toBe(first);
  expect(await servedBy(lab, name)).toEqual({ web1: null, web2: second, web3: second, vip: second });
  expect(await accountsOn(holder)).toEqual(accounts);

  await back();
  await comesToServe(lab, web1, { name, serial: second, timeoutMs: MINUTE_MS });
  await debtsSettled(holder);
  await expectEverywhere(lab, name, second);
  for (const node of lab.nodes) expect(await accountsOn(node)).toEqual(accounts);
  await forgetTokens(holder, name);

  // And the other way round: what comes back carries on where the other one has stopped.
  await lab.moveVip(web1);
  const again = await renew(lab, web1, { name, hooks: 1 });
  expect(again).toMatchObject({ code: 0 });
  expect(deployComplaints(again)).toBe('');
  await expectEverywhere(lab, name, await serialOf(web1, name));
  expect(await accountsOn(web1)).toEqual(accounts);
});
