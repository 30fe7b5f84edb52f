import { eventually, expect, test } from '../lab/scene/scene.ts';

const KILLED = 137;

test('certbot killed half-way through the hooks of five names: the next run succeeds and clears', async ({
  scene,
}) => {
  const [web1] = scene.nodes;
  const names = scene.names('half-way', 5);
  const result = await scene.tryIssue(web1, names, { authHook: scene.lastWordsHook(2) });
  expect(result.code).toBe(KILLED);
  expect(await scene.records(web1)).toHaveLength(3);
  const said = await scene.issue(web1, names);
  expect(said).toContain('5 challenges: served by web1, web2, web3, vip');
  expect(await scene.left()).toEqual([]);
});

test('certbot killed after the gate has held: the next run, for other names, clears every node', async ({
  scene,
}) => {
  const [web1, web2, web3] = scene.nodes;
  const result = await scene.tryIssue(web1, scene.names('after-gate', 2), {
    authHook: scene.lastWordsHook(0),
  });
  expect(result.code).toBe(KILLED);
  for (const node of [web1, web2, web3]) expect(await node.tokens()).toHaveLength(2);
  await scene.issue(web1, scene.name('after-after-gate'));
  expect(await scene.left()).toEqual([]);
});

test('certbot killed while its last hook holds the gate: the hook cleans up', async ({ scene }) => {
  await scene.configure({ gate: { timeout: 4 } });
  const [web1, web2, web3] = scene.nodes;
  await scene.hideChallenges(web3);
  const { authHook, killCertbot } = scene.tellingHook(web1, 'gate');
  const done = scene.tryIssue(web1, scene.names('in-gate', 2), { authHook });
  await Promise.all([scene.tokensArrive(web2), scene.tokensArrive(web3)]);
  await killCertbot();
  expect((await done).code).toBe(KILLED);
  await eventually(async () => (await scene.left()).length === 0, {
    timeoutMs: 10_000,
    what: 'the hook to clean up',
  });
});

test('the issuer loses its power while the gate waits: the next run clears every node', async ({ scene }) => {
  scene.needsHosts('a host whose power takes certbot along');
  const [web1, , web3] = scene.nodes;
  await scene.hideChallenges(web3);
  scene.undo(async () => await web1.boot());
  const done = scene.tryIssue(web1, scene.name('issuer-down'));
  await scene.tokensArrive(web1);
  await scene.tokensArrive(web3);
  await web1.powerOff();
  expect((await done).code).not.toBe(0);
  await web1.boot();
  await scene.configure({ gate: { require: 'vip' } });
  expect(await web3.tokens()).toHaveLength(1);
  await scene.issue(web1, scene.name('issuer-up'));
  expect(await scene.left()).toEqual([]);
});

test('two certbots at once on one node, and one on another, each get their certificate', async ({
  scene,
}) => {
  const [web1, web2] = scene.nodes;
  const [left, right] = ['left', 'right'].map((name) => `${web1.paths.stateDir}/test-config-${name}`);
  const runs = [
    scene.issue(web1, scene.names('left', 4), { configDir: left ?? '' }),
    scene.issue(web1, scene.names('right', 4), { configDir: right ?? '' }),
    scene.issue(web2, scene.names('elsewhere', 4)),
  ];
  for (const said of await Promise.all(runs)) {
    expect(said).toContain('4 challenges: served by web1, web2, web3, vip');
  }
});
