import { test } from '../lab/scene/scene.ts';

test('the template of an end-to-end test: a certificate is served wherever the VIP is', async ({ scene }) => {
  // Why loopback does not do; without it the test runs there too.
  scene.needsHosts('systemd');
  await scene.configure({ gate: { timeout: 5 } });
  const [web1, web2] = scene.nodes;
  const name = scene.name('template');

  const serial = await scene.issueEverywhere(web1, name);
  await scene.moveVip(web2);

  await scene.expectServed(name, serial);
});
