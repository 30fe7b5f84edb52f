import { expect } from 'vitest';
import { configure, threeNodes } from '../support/e2e-cluster.ts';
import {
  breakNginx,
  deliveryNodes,
  expectEverywhere,
  issueEverywhere,
  serialOf,
} from '../support/e2e-delivery.ts';
import { complaintsIn, expectSuccess, issue, issued, namesFor, renew } from '../support/e2e-issue.ts';
import { testIn } from '../support/e2e-test.ts';

const shared = testIn({ sharedFilesystem: true });
const separate = testIn();

shared('transport shared: one webroot for all nodes needs no agent', async ({ lab, undo, needsHosts }) => {
  needsHosts('a filesystem that nodes share');
  await configure(lab, undo, { transport: 'shared' });
  const [, web2] = await threeNodes(lab);
  for (const node of lab.nodes) {
    undo(async () => await node.startService('agent'));
    await node.stopService('agent');
  }
  const said = await issued(lab, web2, namesFor('shared', 5));
  expect(said).toContain(`5 challenges: served by web1, web2, web3, vip ${lab.vips[0]} after `);
});

shared(
  'transport shared: a certificate and its renewal reach every node without an agent',
  async ({ lab, undo, needsHosts }) => {
    needsHosts('a filesystem that nodes share');
    await configure(lab, undo, { transport: 'shared' });
    const [web1, web2, web3] = await deliveryNodes(lab, undo);
    for (const node of lab.nodes) {
      undo(async () => await node.startService('agent'));
      await node.stopService('agent');
    }
    for (const node of [web2, web3]) {
      undo(async () => await node.check(['systemctl', 'stop', 'watching']));
      await node.check(['systemd-run', '--unit=watching', 'certbot-ha', 'install-lineage', '--watch']);
    }
    const [name = ''] = namesFor('shared-delivery');
    await expectEverywhere(lab, name, await issueEverywhere(lab, web1, name, undo));
    expectSuccess(await renew(lab, web1, { name, hooks: 1 }));
    await expectEverywhere(lab, name, await serialOf(web1, name));

    const mend = await breakNginx(web2, undo);
    const { stderr } = await renew(lab, web1, { name, hooks: 1 });
    expect(stderr).toContain('its installer: rolled back');
    expect(stderr).toContain('unknown directive "this"');
    await mend();
    expect(await web1.run(['certbot-ha', 'deploy', name])).toMatchObject({ code: 0, stderr: '' });
    await expectEverywhere(lab, name, await serialOf(web1, name));
  },
);

separate('transport shared: nodes that share nothing are all named', async ({ lab, undo }) => {
  await configure(lab, undo, { transport: 'shared', gate: { timeout: 2 } });
  const [web1] = await threeNodes(lab);
  const complaints = complaintsIn(await issue(lab, web1, namesFor('not-shared')));
  expect(complaints).toContain('2 of 4 targets serve them');
  for (const name of ['web2', 'web3']) expect(complaints).toMatch(new RegExp(`${name} .*: 404 from nginx`));
});
