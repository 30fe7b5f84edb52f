import { expect, testIn } from '../lab/scene/scene.ts';

const shared = testIn({ sharedFilesystem: true });
const separate = testIn();

shared('transport shared: one webroot for all nodes needs no agent', async ({ scene }) => {
  scene.needsHosts('a filesystem that nodes share');
  await scene.configure({ transport: 'shared' });
  const [, web2] = scene.nodes;
  for (const node of scene.nodes) {
    await scene.stop(node, 'agent');
  }
  const said = await scene.issue(web2, scene.names('shared', 5));
  expect(said).toContain(`5 challenges: served by web1, web2, web3, vip ${scene.vip} after `);
});

shared(
  'transport shared: a certificate and its renewal reach every node without an agent',
  async ({ scene }) => {
    scene.needsHosts('a filesystem that nodes share');
    await scene.configure({ transport: 'shared' });
    const [web1, web2, web3] = scene.nodes;
    for (const node of scene.nodes) {
      await scene.stop(node, 'agent');
    }
    for (const node of [web2, web3]) {
      scene.undo(async () => await node.check(['systemctl', 'stop', 'watching']));
      await node.check(['systemd-run', '--unit=watching', 'certbot-ha-installer', '--watch']);
    }
    const name = scene.name('shared-delivery');
    await scene.expectEverywhere(name, await scene.issueEverywhere(web1, name));
    await scene.renew(web1, name);
    await scene.expectEverywhere(name, await scene.serial(web1, name));

    const fix = await scene.refuseRenewed(web2, name);
    const { stderr } = await scene.tryRenew(web1, name);
    expect(stderr).toContain('installer rolled back [installer-rolled-back]');
    expect(stderr).toContain('key values mismatch');
    await fix();
    await scene.deploy(web1, name);
    await scene.expectEverywhere(name, await scene.serial(web1, name));
  },
);

separate('transport shared: nodes that share nothing are all named', async ({ scene }) => {
  await scene.configure({ transport: 'shared', gate: { timeout: 2 } });
  const [web1] = scene.nodes;
  const { complaints } = await scene.tryIssue(web1, scene.name('not-shared'));
  expect(complaints).toContain('2 of 4 targets serve them');
  for (const name of ['web2', 'web3']) expect(complaints).toMatch(new RegExp(`${name} .*: 404 from nginx`));
});
