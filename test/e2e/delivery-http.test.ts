import { expect } from 'vitest';
import {
  accountsOn,
  deliveryNodes,
  everywhere,
  expectEverywhere,
  issueEverywhere,
  serialOf,
  servedBy,
} from '../support/e2e-delivery.ts';
import { expectSuccess, namesFor, renew } from '../support/e2e-issue.ts';
import { testIn } from '../support/e2e-test.ts';

const test = testIn();

test('a certificate reaches every node, and its renewal too: each node and the VIP serve it', async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('systemd');
  const [web1, web2, web3] = await deliveryNodes(lab, undo);
  const [name = ''] = namesFor('everywhere');
  const first = await issueEverywhere(lab, web1, name, undo);
  await expectEverywhere(lab, name, first);

  const result = await renew(lab, web1, { name, hooks: 1 });

  expectSuccess(result);
  for (const node of lab.nodes) expect(result.stdout).toContain(`${node.name} ${node.address}: served (`);
  expect(result.stdout).toContain(`vip ${lab.vips[0]}: served (`);
  const second = await serialOf(web1, name);
  expect(second).not.toBe(first);
  await expectEverywhere(lab, name, second);

  // One account for all, and keys that only root may read.
  for (const node of [web2, web3]) {
    expect(await accountsOn(node)).toEqual(await accountsOn(web1));
    const { letsencrypt } = node.paths;
    const modes = await node.check([
      ...['stat', '-c', '%a %U %n', `${letsencrypt}/archive/${name}/privkey1.pem`],
      `${letsencrypt}/archive/${name}/privkey2.pem`,
      `${letsencrypt}/archive`,
      `${letsencrypt}/live`,
    ]);
    expect(modes.replaceAll(`${letsencrypt}/`, '')).toBe(
      `600 root archive/${name}/privkey1.pem\n600 root archive/${name}/privkey2.pem\n` +
        '700 root archive\n700 root live\n',
    );
  }
  const status = await web3.check(['certbot-ha', 'status']);
  for (const node of lab.nodes)
    expect(status).toMatch(new RegExp(`^${name} +${node.name} +${node.address} +newest +newest `, 'm'));
  expect(status).toMatch(new RegExp(`^${name} +vip .*${lab.vips[0]} +- +newest `, 'm'));
});

test('deploy and sync have nothing to change where everything is up to date', async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('systemd');
  const [web1, web2] = await deliveryNodes(lab, undo);
  const [name = ''] = namesFor('again');
  const serial = await issueEverywhere(lab, web1, name, undo);
  expect(await web1.run(['certbot-ha', 'deploy', name])).toMatchObject({ code: 0, stderr: '' });
  expect(await web2.run(['certbot-ha', 'sync'])).toMatchObject({ code: 0, stderr: '' });
  expect(await servedBy(lab, name)).toEqual(everywhere(lab, serial));
});
