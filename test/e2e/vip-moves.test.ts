import { expect } from 'vitest';
import { caFetchesFrom, threeNodes } from '../support/e2e-cluster.ts';
import { pausedHook } from '../support/e2e-hook.ts';
import { complaintsIn, expectCertificate, issue, issued, namesFor } from '../support/e2e-issue.ts';
import { down } from '../support/e2e-outage.ts';
import { testIn } from '../support/e2e-test.ts';

const test = testIn();
/** Pebble fetches each response as often, as if from several places. */
const FETCHES = 3;

test('the VIP moves between the gate and the validation', async ({ lab }) => {
  const [web1, web2] = await threeNodes(lab);
  const [before1, before2] = [await caFetchesFrom(lab, web1), await caFetchesFrom(lab, web2)];
  const hook = pausedHook(web1, 'moves');
  const done = issued(lab, web1, namesFor('moves-before'), { authHook: hook.authHook });
  await hook.gateHeld();
  await lab.moveVip(web2);
  await hook.goOn();
  await done;
  expect(await caFetchesFrom(lab, web1)).toBe(before1);
  expect(await caFetchesFrom(lab, web2)).toBe(before2 + FETCHES);
});

test('the VIP moves while the CA is validating, from the issuer to a backup', async ({ lab, undo }) => {
  const [web1, web2] = await threeNodes(lab);
  undo(async () => await lab.restartCa());
  await lab.restartCa({ validationSleepSeconds: 4 });
  const before = await caFetchesFrom(lab, web2);
  // Of the nine fetches some are waited for.
  const done = issued(lab, web1, namesFor('moves-during', 3));
  await lab.caSays(/Sleeping for [1-9]/);
  await lab.moveVip(web2);
  await done;
  expect(await caFetchesFrom(lab, web2)).toBeGreaterThan(before);
});

test('the VIP moves while the CA is validating, from a backup to the issuer', async ({ lab, undo }) => {
  const [web1, web2] = await threeNodes(lab);
  undo(async () => await lab.restartCa());
  await lab.restartCa({ validationSleepSeconds: 4 });
  const before = await caFetchesFrom(lab, web2);
  const done = issued(lab, web2, namesFor('moves-back', 3));
  await lab.caSays(/Sleeping for [1-9]/);
  await lab.moveVip(web2);
  await done;
  expect(await caFetchesFrom(lab, web2)).toBeGreaterThan(before);
  expect(await lab.holder()).toBe(web2);
  await lab.moveVip(web1);
});

test('the VIP moves by itself when its holder loses its power before the validation', async ({
  lab,
  undo,
}) => {
  const [web1, web2] = await threeNodes(lab);
  // What is asked of a holder that is gone is lost, so the fetches have to come later than the VIP.
  const hook = pausedHook(web2, 'dies');
  const names = namesFor('moves-by-itself');
  const done = issue(lab, web2, names, { authHook: hook.authHook });
  await hook.gateHeld();
  await down(web1, 'power', undo);
  expect(await lab.holder()).not.toBe(web1);
  await hook.goOn();
  const result = await done;
  expect(result.code).toBe(0);
  await expectCertificate(web2, names);
  expect(complaintsIn(result)).toContain(`tokens are left on web1 ${web1.address}`);
  await web1.boot();
  await issued(lab, web2, namesFor('moves-by-itself-after'));
});
