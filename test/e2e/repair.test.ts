import { expect, test } from '../lab/scene/scene.ts';

test.for(['power', 'cable'] as const)(
  'a node that gets its %s back while the gate waits gets its push again',
  async (lack, { scene }) => {
    if (lack === 'cable') scene.needsHosts('a cable to pull');
    const [web1, , web3] = scene.nodes;
    const back = await scene.takeDown(web3, lack);
    const done = scene.issue(web1, scene.names(`back-with-${lack}`, 2));
    await scene.tokensArrive(web1);
    await scene.pushFails(web1, web3);
    await back();
    expect(await done).toContain(`2 challenges: served by web1, web2, web3, vip ${scene.vip} after`);
  },
);

test('an agent that is started while the gate waits gets its push again', async ({ scene }) => {
  const [web1, , web3] = scene.nodes;
  const back = await scene.stop(web3, 'agent');
  const done = scene.issue(web1, scene.name('agent-started'));
  await scene.tokensArrive(web1);
  await back();
  expect(await done).toContain('served by web1, web2, web3, vip');
});

test('an agent that is killed is started again by systemd, and gets its push', async ({ scene }) => {
  scene.needsHosts('systemd');
  const [web1, , web3] = scene.nodes;
  await web3.killService('agent');
  expect(await scene.issue(web1, scene.name('agent-killed'))).toContain('served by web1, web2, web3, vip');
});

test('a web server that is started while the gate waits is seen, also on the holder', async ({ scene }) => {
  const [web1, web2] = scene.nodes;
  const back = await scene.stop(web1, 'nginx');
  const done = scene.issue(web2, scene.name('nginx-started'));
  await scene.tokensArrive(web1);
  await back();
  expect(await done).toContain('served by web1, web2, web3, vip');
});

test('a node goes down between its push and its probe: without it, and the next run cleans it up', async ({
  scene,
}) => {
  await scene.configure({ gate: { require: 'available' } });
  const [web1, , web3] = scene.nodes;
  // It answers, so that the gate has to wait for it as long as it is up.
  await scene.hideChallenges(web3);
  const names = scene.name('down-after-push');
  const done = scene.tryIssue(web1, names);
  await scene.tokensArrive(web3);
  const back = await scene.takeDown(web3, 'power');
  const result = await done;
  await scene.expectCertificate(web1, names);
  expect(result.stdout).toMatch(/served by web1, web2, vip .* without web3 /);
  expect(result.complaints).toContain(`tokens may be left on web3 ${web3.address}`);

  await back();
  expect(await web3.tokens()).toHaveLength(1);
  await scene.configure({ gate: { require: 'vip' } });
  await scene.issue(web1, scene.name('after-down-after-push'));
  expect(await web3.tokens()).toEqual([]);
});
