import { join } from 'node:path';
import { eventually, expect, test } from '../lab/scene/scene.ts';

/** Its own timer first fires 30 s after it was booted: what comes sooner, the agent has asked for. */
const BEFORE_THE_TIMER_MS = 25_000;

test('a node without power is named, its delivery outstanding, and catches up by itself when it is back', async ({
  scene,
}) => {
  scene.needsHosts('systemd');
  await scene.configure({ gate: { timeout: 5, require: 'available' } });
  const [web1, , web3] = scene.nodes;
  const name = scene.name('without-power');
  const first = await scene.issueEverywhere(web1, name);
  const back = await scene.takeDown(web3, 'power');

  const result = await scene.tryRenew(web1, name);

  expect(result.stderr).toContain("Hook 'deploy-hook' reported error code 1");
  const { deployComplaints: complaints } = result;
  expect(complaints).toMatch(/the new certificate \(serial [0-9A-F]+\) is not served everywhere/);
  expect(complaints).toMatch(
    new RegExp(`web3 ${web3.address}: outstanding: agent port 9480: .*(no answer|no route|refused)`),
  );
  expect(complaints).toContain(`vip ${scene.vip}: served (`);
  expect(complaints).toContain('at once by: certbot-ha sync');
  const second = await scene.serial(web1, name);
  expect(second).not.toBe(first);
  expect(await scene.served(name)).toEqual({ web1: second, web2: second, web3: null, vip: second });
  expect(await scene.outstanding(web1)).toEqual([`web3 ${name}`]);

  await back();
  await scene.comesToServe(web3, { name, serial: second, timeoutMs: BEFORE_THE_TIMER_MS });
  await scene.nothingOutstanding(web1);
  await scene.expectEverywhere(name, second);
  await scene.forgetTokens(web1, name);
});

test("a cable that is pulled between staging and activation: outstanding, and brought by the timer's next sync", async ({
  scene,
}) => {
  scene.needsHosts('a cable to pull');
  await scene.configure({ gate: { timeout: 5 } });
  const [web1, , web3] = scene.nodes;
  const timers = await scene.holdTimers();
  const name = scene.name('without-cable');
  const first = await scene.issueEverywhere(web1, name);
  scene.undo(async () => await web3.plug());

  const renewing = scene.tryRenew(web1, name);
  await eventually(
    async () => (await web3.check(['ls', join(web3.paths.stateDir, 'inbox/bundles')])) !== '',
    { timeoutMs: 60_000, what: 'a bundle to be staged on web3' },
  );
  await web3.unplug();
  const result = await renewing;

  const second = await scene.serial(web1, name);
  expect(result.deployComplaints).toContain(`web3 ${web3.address}: outstanding: `);
  expect(await scene.served(name)).toEqual({ web1: second, web2: second, web3: null, vip: second });
  expect(await scene.outstanding(web1)).toEqual([`web3 ${name}`]);

  await web3.plug();
  expect(await scene.served(name)).toMatchObject({ web3: first });
  await timers.hurry(web1);
  await scene.comesToServe(web3, { name, serial: second, timeoutMs: 20_000 });
  await scene.nothingOutstanding(web1);
  await timers.letGo();
  await scene.expectEverywhere(name, second);
});
