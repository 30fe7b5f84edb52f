import { expect, test } from '../lab/scene/scene.ts';

test.for(['power', 'cable'] as const)(
  'all: a node without %s is named with the reason, and certbot goes on',
  async (lack, { scene }) => {
    if (lack === 'cable') scene.needsHosts('a cable to pull');
    await scene.configure({ gate: { timeout: 2 } });
    const [web1, , web3] = scene.nodes;
    const back = await scene.takeDown(web3, lack);
    const names = scene.name(`all-without-${lack}`);

    const result = await scene.tryIssue(web1, names);

    expect(result.code).toBe(0);
    await scene.expectCertificate(web1, names);
    const { complaints } = result;
    expect(complaints).toContain(
      'not seen everywhere within 2 s: 3 of 4 targets serve them (gate.require is all)',
    );
    expect(complaints).toMatch(new RegExp(`web3 ${web3.address}: .*(no answer|no route|refused)`));
    expect(complaints).toContain(`vip ${scene.vip}: served (`);
    // The time-out holds also while a connection hangs.
    expect(complaints).toMatch(/web3 .* in [12]\.\d\d s\)/);
    expect(complaints).toMatch(
      new RegExp(
        `tokens may be left on web3 ${web3.address}, to be removed by the next run \\[tokens-left\\]\n.* agent port `,
      ),
    );
    await back();
    await scene.issue(web1, scene.name(`all-with-${lack}`));
  },
);

test.for([
  ['available', 'power'],
  ['available', 'cable'],
  ['vip', 'power'],
  ['vip', 'cable'],
] as const)('%s: a node without %s does not keep the gate shut', async ([require, lack], { scene }) => {
  if (lack === 'cable') scene.needsHosts('a cable to pull');
  await scene.configure({ gate: { timeout: 30, require } });
  const [web1, , web3] = scene.nodes;
  const back = await scene.takeDown(web3, lack);
  const names = scene.name(`${require}-without-${lack}`);

  const result = await scene.tryIssue(web1, names);

  await scene.expectCertificate(web1, names);
  expect(result.stdout).toMatch(
    new RegExp(`served by web1, web2, vip ${scene.vip} after .* s; without web3 ${web3.address}: `),
  );
  expect(result.complaints).not.toContain('manual-auth-hook');
  expect(result.complaints).toContain(`tokens may be left on web3 ${web3.address}`);
  await back();
  await scene.issue(web1, scene.name(`${require}-with-${lack}`));
});

test('all: a node that is drained is left alone, and nobody complains of it', async ({ scene }) => {
  await scene.configure({ nodes: { web3: { drained: true } } });
  const [web1, , web3] = scene.nodes;
  await scene.takeDown(web3, 'power');
  const said = await scene.issue(web1, scene.name('drained'));
  expect(said).toContain(`served by web1, web2, vip ${scene.vip} after`);
  expect(said).toContain(`without web3 ${web3.address}: drained, left out`);
});

test('available: a node that answers, but not with the challenge, keeps the gate shut', async ({ scene }) => {
  await scene.configure({ gate: { timeout: 5, require: 'available' } });
  const [web1, , web3] = scene.nodes;
  const back = await scene.stop(web3, 'agent');
  const result = await scene.tryIssue(web1, scene.name('available-without-agent'));
  expect(result.complaints).toContain('3 of 4 targets serve them (gate.require is available)');
  expect(result.complaints).toMatch(
    /web3 .*: agent port \d+: connection refused: is certbot-ha-agent running there\? \[connection-refused\]; seen there: 404 from nginx/,
  );
  await back();
  await scene.issue(web1, scene.name('available-with-agent'));
});
