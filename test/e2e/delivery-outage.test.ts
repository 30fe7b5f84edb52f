import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { configure } from '../support/e2e-cluster.ts';
import {
  comesToServe,
  debtsSettled,
  deliveryNodes,
  deployComplaints,
  expectEverywhere,
  forgetTokens,
  issueEverywhere,
  owedBy,
  serialOf,
  servedBy,
} from '../support/e2e-delivery.ts';
import { namesFor, renew } from '../support/e2e-issue.ts';
import { down } from '../support/e2e-outage.ts';
import { testIn } from '../support/e2e-test.ts';
import { holdTimers } from '../support/e2e-timer.ts';

const test = testIn();
/** Its own timer first fires 30 s after it was booted: what comes sooner, the agent has asked for. */
const BEFORE_THE_TIMER_MS = 25_000;

test('a node without power is named and owed, and catches up by itself when it is back', async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('systemd');
  await configure(lab, undo, { gate: { timeout: 5, require: 'available' } });
  const [web1, , web3] = await deliveryNodes(lab, undo);
  const [name = ''] = namesFor('without-power');
  const first = await issueEverywhere(lab, web1, name, undo);
  const back = await down(web3, 'power', undo);

  const result = await renew(lab, web1, { name, hooks: 1 });

  expect(result.stderr).toContain("Hook 'deploy-hook' reported error code 1");
  const complaints = deployComplaints(result);
  expect(complaints).toMatch(/the new certificate \(serial [0-9A-F]+\) is not served everywhere/);
  expect(complaints).toMatch(
    new RegExp(`web3 ${web3.address}: owed: agent port 9480: .*(no answer|no route|refused)`),
  );
  expect(complaints).toContain(`vip ${lab.vips[0]}: served (`);
  expect(complaints).toContain('at once by: certbot-ha sync');
  const second = await serialOf(web1, name);
  expect(second).not.toBe(first);
  expect(await servedBy(lab, name)).toEqual({ web1: second, web2: second, web3: null, vip: second });
  expect(await owedBy(web1)).toEqual([`web3 ${name}`]);

  await back();
  await comesToServe(lab, web3, { name, serial: second, timeoutMs: BEFORE_THE_TIMER_MS });
  await debtsSettled(web1);
  await expectEverywhere(lab, name, second);
  await forgetTokens(web1, name);
});

test("a cable that is pulled between staging and activation: owed, and brought by the timer's next sync", async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('a cable to pull');
  await configure(lab, undo, { gate: { timeout: 5 } });
  const [web1, , web3] = await deliveryNodes(lab, undo);
  const timers = await holdTimers(lab, undo);
  const [name = ''] = namesFor('without-cable');
  const first = await issueEverywhere(lab, web1, name, undo);
  undo(async () => await web3.plug());

  const renewing = renew(lab, web1, { name, hooks: 1 });
  await eventually(
    async () => (await web3.check(['ls', join(web3.paths.stateDir, 'inbox/bundles')])) !== '',
    { timeoutMs: 60_000, what: 'a bundle to be staged on web3' },
  );
  await web3.unplug();
  const result = await renewing;

  const second = await serialOf(web1, name);
  expect(deployComplaints(result)).toContain(`web3 ${web3.address}: owed: `);
  expect(await servedBy(lab, name)).toEqual({ web1: second, web2: second, web3: null, vip: second });
  expect(await owedBy(web1)).toEqual([`web3 ${name}`]);

  await web3.plug();
  expect(await servedBy(lab, name)).toMatchObject({ web3: first });
  await timers.hurry(web1);
  await comesToServe(lab, web3, { name, serial: second, timeoutMs: 20_000 });
  await debtsSettled(web1);
  await timers.letGo();
  await expectEverywhere(lab, name, second);
});
