import { expect } from 'vitest';
import { CA_FILE } from '../lab/booted/base.ts';
import type { LabNode, RunResult } from '../lab/lab.ts';
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
  for (const node of lab.nodes) await expectNotDue(node, name);

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

test('certbot itself renews on a node that has only ever been sent the lineage, with the same account', async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('systemd');
  const [web1, , web3] = await deliveryNodes(lab, undo);
  const [name = ''] = namesFor('from-elsewhere');
  const first = await issueEverywhere(lab, web1, name, undo);
  const accounts = await accountsOn(web1);
  const account = await accountIn(web1, name);
  expect(accounts).toEqual([expect.stringContaining(`/${account}/`)]);

  const result = await plainCertbot(web3, ['renew', '--force-renewal', '--cert-name', name]);

  expectSuccess(result);
  expect(result.stdout).toContain("Hook 'deploy-hook' ran with output:");
  const second = await serialOf(web3, name);
  expect(second).not.toBe(first);
  await expectEverywhere(lab, name, second);
  for (const node of lab.nodes) {
    expect([node.name, await accountsOn(node)]).toEqual([node.name, accounts]);
    expect([node.name, await accountIn(node, name)]).toEqual([node.name, account]);
    await expectNotDue(node, name);
  }
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

/** With nothing but what it is told by the lineages' renewal configuration. */
async function plainCertbot(node: LabNode, args: readonly string[]): Promise<RunResult> {
  // Without a terminal a renewal would first sleep.
  const argv = ['certbot', ...args, '--non-interactive', '--no-random-sleep-on-renew'];
  return await node.run(argv, { timeoutMs: 120_000, env: { REQUESTS_CA_BUNDLE: CA_FILE } });
}

/** `certbot renew` can read every lineage, and finds that this one has time. */
async function expectNotDue(node: LabNode, name: string): Promise<void> {
  const result = await plainCertbot(node, ['renew']);
  expectSuccess(result);
  const chain = `${node.paths.letsencrypt}/live/${name}/fullchain.pem`;
  const notDue = /not due for renewal yet:\n((?: {2}.*\n)+)/.exec(result.stdout)?.[1];
  expect(notDue).toMatch(new RegExp(`^ {2}${chain} expires on [-0-9]+ \\(skipped\\)$`, 'm'));
  expect(result.stdout).toContain('No renewals were attempted.');
  expect(result.stdout).not.toMatch(/parse fail|invalid/i);
}

/** The account that a lineage's renewal configuration names. */
async function accountIn(node: LabNode, name: string): Promise<string | undefined> {
  const conf = await node.readFile(`${node.paths.letsencrypt}/renewal/${name}.conf`);
  return /^account = (\w+)$/m.exec(conf)?.[1];
}
