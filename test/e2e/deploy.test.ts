// @module-tag core
import { expect } from 'vitest';
import { configure } from '../support/e2e-cluster.ts';
import {
  breakNginx,
  deliveryNodes,
  deployComplaints,
  expectEverywhere,
  generationOn,
  serialOf,
  servedBy,
  useEverywhere,
} from '../support/e2e-delivery.ts';
import { expectSuccess, issue, namesFor, renew } from '../support/e2e-issue.ts';
import { testIn } from '../support/e2e-test.ts';

const test = testIn();

test('a first certificate that nothing is configured for, then one that is served, then a web server that would not take it', async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('a VIP on an interface');
  await configure(lab, undo, { gate: { timeout: 5 } });
  const [web1, web2, web3] = await deliveryNodes(lab, undo);
  const [name = ''] = namesFor('deployed');
  const first = await issue(lab, web1, [name], { deployHook: 'certbot-ha-deploy' });
  expectSuccess(first);
  expect(first.stdout.match(/not in use yet/g)).toHaveLength(4);
  expect(first.stdout).toContain(`ssl_certificate ${web1.paths.letsencrypt}/live/${name}/fullchain.pem;`);
  for (const node of [web2, web3]) expect(await serialOf(node, name)).toBe(await serialOf(web1, name));

  await useEverywhere(lab, name, undo);
  const second = await renew(lab, web1, { name, hooks: 1 });
  expectSuccess(second);
  expect(second.stdout).toContain(`vip ${lab.vips[0]}: served (`);
  const serial = await serialOf(web1, name);
  await expectEverywhere(lab, name, serial);

  // The one that runs certbot has the lineage; that its nginx is broken must not keep it from the others.
  const mend = await breakNginx(web1, undo);
  const third = await renew(lab, web1, { name, hooks: 1 });
  const complaints = deployComplaints(third);
  expect(complaints).toContain(`web2 ${web2.address}: serves the new certificate`);
  expect(complaints).toContain(`web3 ${web3.address}: serves the new certificate`);
  expect(complaints).toContain(`web1 ${web1.address}: stopped here: nginx -t: exit 1`);
  expect(complaints).toContain('unknown directive "this" in /etc/nginx/conf.d/broken.conf:1');
  const newest = await serialOf(web1, name);
  expect(await generationOn(web1, name)).toBe(3);
  expect(await servedBy(lab, name)).toEqual({ web1: serial, web2: newest, web3: newest, vip: serial });

  await mend();
  expect(await web1.run(['certbot-ha', 'deploy', name])).toMatchObject({ code: 0, stderr: '' });
  await expectEverywhere(lab, name, newest);
});
