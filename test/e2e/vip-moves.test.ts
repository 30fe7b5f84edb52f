import { expect, test } from '../lab/scene/scene.ts';

/** Pebble fetches each response as often, as if from several places. */
const FETCHES = 3;

test('the VIP moves between the gate and the validation', async ({ scene }) => {
  const [web1, web2] = scene.nodes;
  const [before1, before2] = [await scene.caFetchesFrom(web1), await scene.caFetchesFrom(web2)];
  const hook = scene.pausedHook(web1, 'moves');
  const done = scene.issue(web1, scene.name('moves-before'), { authHook: hook.authHook });
  await hook.gateHeld();
  await scene.moveVip(web2);
  await hook.goOn();
  await done;
  expect(await scene.caFetchesFrom(web1)).toBe(before1);
  expect(await scene.caFetchesFrom(web2)).toBe(before2 + FETCHES);
});

test.for([
  ['the issuer', 'a backup'],
  ['a backup', 'the issuer'],
] as const)('the VIP moves while the CA is validating, from %s to %s', async ([from], { scene }) => {
  const [web1, web2] = scene.nodes;
  scene.undo(async () => await scene.lab.restartCa());
  await scene.lab.restartCa({ validationSleepSeconds: 4 });
  const before = await scene.caFetchesFrom(web2);
  // Of the nine fetches some are waited for.
  const done = scene.issue(from === 'the issuer' ? web1 : web2, scene.names('moves', 3));
  await scene.lab.caSays(/Sleeping for [1-9]/);
  await scene.moveVip(web2);
  await done;
  expect(await scene.caFetchesFrom(web2)).toBeGreaterThan(before);
  expect(await scene.holder()).toBe(web2);
});

test('the VIP moves by itself when its holder loses its power before the validation', async ({ scene }) => {
  const [web1, web2] = scene.nodes;
  // What is asked of a holder that is gone is lost, so the fetches have to come later than the VIP.
  const hook = scene.pausedHook(web2, 'dies');
  const names = scene.name('moves-by-itself');
  const done = scene.tryIssue(web2, names, { authHook: hook.authHook });
  await hook.gateHeld();
  await scene.takeDown(web1, 'power');
  expect(await scene.holder()).not.toBe(web1);
  await hook.goOn();
  const result = await done;
  expect(result.code).toBe(0);
  await scene.expectCertificate(web2, names);
  expect(result.complaints).toContain(`tokens may be left on web1 ${web1.address}`);
  await web1.boot();
  await scene.issue(web2, scene.name('moves-by-itself-after'));
});
