// @module-tag core
import { expect } from 'vitest';
import { deliveryNodes, expectEverywhere, serialOf, useEverywhere } from '../support/e2e-delivery.ts';
import { expectCertificate, expectSuccess, issue, renew } from '../support/e2e-issue.ts';
import { testIn } from '../support/e2e-test.ts';

// Whoever asks for an address names no host: the only site on port 443 answers.
const test = testIn({ webServerPort443: false });

test('a certificate for the VIP itself, and its renewal, reach every node', async ({
  lab,
  undo,
  needsHosts,
  skip,
}) => {
  needsHosts('a VIP on an interface');
  const [web1] = await deliveryNodes(lab, undo);
  const { stdout: help } = await web1.run(['certbot', '--help', 'certonly']);
  skip(!help.includes('--ip-address'), 'this certbot cannot ask for an IP address, 5.3 was the first');
  const [vip = ''] = lab.vips;

  const args = ['--ip-address', vip];
  const result = await issue(lab, web1, [], { deployHook: 'certbot-ha-deploy', args });

  expectSuccess(result);
  expect(result.stdout).toContain(`${vip}: served by web1, web2, web3, vip ${vip} after `);
  await expectCertificate(web1, [vip]);
  await useEverywhere(lab, vip, undo);
  const first = await serialOf(web1, vip);
  await expectEverywhere(lab, vip, first);

  expectSuccess(await renew(lab, web1, { name: vip, hooks: 1 }));

  const second = await serialOf(web1, vip);
  expect(second).not.toBe(first);
  await expectEverywhere(lab, vip, second);
});
