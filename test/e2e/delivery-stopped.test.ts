import { expect } from 'vitest';
import { configure } from '../support/e2e-cluster.ts';
import {
  breakNginx,
  deliveryNodes,
  deployComplaints,
  everywhere,
  expectEverywhere,
  generationOn,
  issueEverywhere,
  owedBy,
  serialOf,
  servedBy,
} from '../support/e2e-delivery.ts';
import { namesFor, renew } from '../support/e2e-issue.ts';
import { testIn } from '../support/e2e-test.ts';

const test = testIn();

test("the canary's nginx is broken: it is rolled back, nobody else is activated, and nginx says why", async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('systemd');
  await configure(lab, undo, { gate: { timeout: 5 } });
  const [web1, web2, web3] = await deliveryNodes(lab, undo);
  const [name = ''] = namesFor('canary');
  const first = await issueEverywhere(lab, web1, name, undo);
  const mend = await breakNginx(web2, undo);

  const result = await renew(lab, web1, { name, hooks: 1 });

  expect(result.stderr).toContain("Hook 'deploy-hook' reported error code 1");
  const complaints = deployComplaints(result);
  expect(complaints).toContain(`web2 ${web2.address}: stopped here: its installer: rolled back`);
  expect(complaints).toMatch(/unknown directive "this" in \/etc\/nginx\/conf\.d\/broken\.conf:1/);
  expect(complaints).toContain('the certificate from before is in place again');
  for (const { name: node, address } of [web1, web3])
    expect(complaints).toMatch(
      new RegExp(
        `${node} ${address}: not activated, serves another certificate of this name \\(serial 0*${first}\\)`,
        'i',
      ),
    );
  expect(complaints).toMatch(
    new RegExp(`web2 ${web2.address}: serves another .*\\(serial 0*${first}\\)`, 'i'),
  );
  expect(complaints).toMatch(new RegExp(`vip ${lab.vips[0]}: serves another .*\\(serial 0*${first}\\)`, 'i'));
  const second = await serialOf(web1, name);
  expect(second).not.toBe(first);
  expect(await servedBy(lab, name)).toEqual(everywhere(lab, first));
  expect([await generationOn(web2, name), await generationOn(web3, name)]).toEqual([1, 1]);
  expect(await web2.readFile(`/etc/letsencrypt/live/${name}/privkey.pem`)).toBe(
    await web3.readFile(`/etc/letsencrypt/live/${name}/privkey.pem`),
  );
  expect((await owedBy(web1)).toSorted()).toEqual([`web1 ${name}`, `web2 ${name}`, `web3 ${name}`]);

  await mend();
  expect(await web1.run(['certbot-ha', 'deploy', name])).toMatchObject({ code: 0, stderr: '' });
  await expectEverywhere(lab, name, second);
  expect(await owedBy(web1)).toEqual([]);
});

test("the holder's nginx is broken: the others serve the new certificate, and it serves the old one", async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('systemd');
  await configure(lab, undo, { gate: { timeout: 5 } });
  const [web1, web2, web3] = await deliveryNodes(lab, undo);
  const [name = ''] = namesFor('last');
  const first = await issueEverywhere(lab, web1, name, undo);
  await lab.moveVip(web3);
  const mend = await breakNginx(web3, undo);

  const result = await renew(lab, web1, { name, hooks: 1 });

  const complaints = deployComplaints(result);
  expect(complaints).toContain(`web1 ${web1.address}: serves the new certificate`);
  expect(complaints).toContain(`web2 ${web2.address}: serves the new certificate`);
  expect(complaints).toContain(`web3 ${web3.address}: stopped here: its installer: rolled back`);
  expect(complaints).toContain('unknown directive "this"');
  const second = await serialOf(web1, name);
  expect(await servedBy(lab, name)).toEqual({ web1: second, web2: second, web3: first, vip: first });
  expect(await generationOn(web3, name)).toBe(1);
  expect(await owedBy(web1)).toEqual([`web3 ${name}`]);

  // Mended, the next sync brings what is owed.
  await mend();
  expect(await web1.run(['certbot-ha', 'sync'])).toMatchObject({ code: 0, stderr: '' });
  await expectEverywhere(lab, name, second);
  expect(await owedBy(web1)).toEqual([]);
});
