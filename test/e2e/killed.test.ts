import { expect } from 'vitest';
import { configure, gateBegins, serveInstead, threeNodes, tokensOn } from '../support/e2e-cluster.ts';
import { lastWordsHook, tellingHook } from '../support/e2e-hook.ts';
import { eventually } from '../lab/eventually.ts';
import { issue, issued, namesFor } from '../support/e2e-issue.ts';
import { leftOn, recordsOf } from '../support/e2e-left.ts';
import { NO_CHALLENGES } from '../support/e2e-sites.ts';
import { testIn } from '../support/e2e-test.ts';

const test = testIn();
const KILLED = 137;

test('certbot killed half-way through the hooks of five names: the next run succeeds and clears', async ({
  lab,
}) => {
  const [web1] = await threeNodes(lab);
  const names = namesFor('half-way', 5);
  const result = await issue(lab, web1, names, { authHook: lastWordsHook(2) });
  expect(result.code).toBe(KILLED);
  expect(await recordsOf(web1)).toHaveLength(3);
  const said = await issued(lab, web1, names);
  expect(said).toContain('5 challenges: served by web1, web2, web3, vip');
  expect(await leftOn(lab.nodes)).toEqual([]);
});

test('certbot killed after the gate has held: the next run, for other names, clears every node', async ({
  lab,
}) => {
  const [web1, web2, web3] = await threeNodes(lab);
  const result = await issue(lab, web1, namesFor('after-gate', 2), { authHook: lastWordsHook(0) });
  expect(result.code).toBe(KILLED);
  for (const node of [web1, web2, web3]) expect(await node.tokens()).toHaveLength(2);
  await issued(lab, web1, namesFor('after-after-gate'));
  expect(await leftOn(lab.nodes)).toEqual([]);
});

test('certbot killed while its last hook holds the gate: the hook cleans up', async ({ lab, undo }) => {
  await configure(lab, undo, { gate: { timeout: 4 } });
  const [web1, web2, web3] = await threeNodes(lab);
  await serveInstead(lab, web3, undo, NO_CHALLENGES);
  const { authHook, killCertbot } = tellingHook(web1, 'gate');
  const done = issue(lab, web1, namesFor('in-gate', 2), { authHook });
  await Promise.all([tokensOn(web2), tokensOn(web3)]);
  await killCertbot();
  expect((await done).code).toBe(KILLED);
  await eventually(async () => (await leftOn(lab.nodes)).length === 0, {
    timeoutMs: 10_000,
    what: 'the hook to clean up',
  });
});

test('the issuer loses its power while the gate waits: the next run clears every node', async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('a host whose power takes certbot along');
  const [web1, , web3] = await threeNodes(lab);
  await serveInstead(lab, web3, undo, NO_CHALLENGES);
  undo(async () => await web1.boot());
  const done = issue(lab, web1, namesFor('issuer-down'));
  await gateBegins(web1);
  await tokensOn(web3);
  await web1.powerOff();
  expect((await done).code).not.toBe(0);
  await web1.boot();
  await configure(lab, undo, { gate: { require: 'vip' } });
  expect(await web3.tokens()).toHaveLength(1);
  await issued(lab, web1, namesFor('issuer-up'));
  expect(await leftOn(lab.nodes)).toEqual([]);
});

test('two certbots at once on one node, and one on another, each get their certificate', async ({ lab }) => {
  const [web1, web2] = await threeNodes(lab);
  const [left, right] = ['left', 'right'].map((name) => `${web1.paths.stateDir}/test-config-${name}`);
  const runs = [
    issued(lab, web1, namesFor('left', 4), { configDir: left ?? '' }),
    issued(lab, web1, namesFor('right', 4), { configDir: right ?? '' }),
    issued(lab, web2, namesFor('elsewhere', 4)),
  ];
  for (const said of await Promise.all(runs)) {
    expect(said).toContain('4 challenges: served by web1, web2, web3, vip');
  }
});
