// @module-tag mixed
import { join } from 'node:path';
import { readRenewalData, type RenewalData } from '../../lib/certbot/renewal-data.ts';
import { expect, testIn, type LabNode, type Scene } from '../lab/scene/scene.ts';

/** The first node has been upgraded. */
const test = testIn({ debians: ['forky', 'bookworm', 'bookworm'] });

const WHAT = 'a certbot of its own on each node';

/** What an operator has decided, and no renewal may lose. */
const OPTIONS = {
  key_type: 'ecdsa',
  elliptic_curve: 'secp384r1',
  must_staple: 'True',
  reuse_key: 'True',
  allow_subset_of_names: 'True',
};
const ARGUMENTS = [
  ...['--key-type', 'ecdsa', '--elliptic-curve', 'secp384r1'],
  ...['--must-staple', '--reuse-key', '--allow-subset-of-names'],
];

test('certbot 5 on the first node renews what certbot 2 has issued, then certbot 2 what certbot 5 has: all serve it, and no option is lost', async ({
  scene,
  forge,
}) => {
  scene.needsHosts(WHAT);
  const [web1, web2] = scene.nodes;
  expect(await Promise.all(scene.nodes.map(majorOf))).toEqual([5, 2, 2]);
  const name = scene.name('kept');
  await scene.moveVip(web2);
  await scene.issue(web2, name, { deploys: true, args: ARGUMENTS });
  const besides = await forge.besides(scene.nodes, scene.names('beside', 2));
  await scene.serve([name, ...besides.keys()]);
  const before = await kept(web2, name);
  expect(Object.fromEntries(before.parameters)).toMatchObject(OPTIONS);

  for (const node of [web1, web2]) {
    await scene.moveVip(node);
    await renewed(scene, node, name);
    for (const each of scene.nodes) expect([each.name, await kept(each, name)]).toEqual([each.name, before]);
  }
  for (const [other, serial] of besides) await scene.expectServed(other, serial);
});

test('what certbot 5 has issued by certonly is renewed by the unit of certbot 2, and again by that of certbot 5', async ({
  scene,
  forge,
}) => {
  scene.needsHosts(WHAT);
  const [web1, , web3] = scene.nodes;
  const name = scene.name('anew');
  expect(await scene.certonly(web1, name)).toMatchObject({ code: 0 });
  const besides = await forge.besides(scene.nodes, scene.names('beside', 2));
  await scene.serve([name, ...besides.keys()]);
  // Besides, certbot 5 writes into the configuration when it has to ask the CA again whether it is time.
  expect(await scene.plainCertbot(web1, ['renew'])).toMatchObject({ code: 0 });

  for (const node of [web3, web1]) {
    await scene.moveVip(node);
    const run = await scene.plainCertbot(node, ['renew', '--force-renewal', '--cert-name', name]);
    scene.expectSuccess(run);
    await scene.expectServed(name, await scene.serial(node, name));
  }
  for (const [other, serial] of besides) await scene.expectServed(other, serial);
});

test('a profile, which certbot 2 does not know, goes by no renewal of its own: the others refuse that, and what the refusal of the next one names leads back', async ({
  scene,
  forge,
}) => {
  scene.needsHosts(WHAT);
  const [web1, web2] = scene.nodes;
  const name = scene.name('profile');
  await scene.issue(web1, name, { deploys: true, args: ['--preferred-profile', 'shortlived'] });
  const besides = await forge.besides(scene.nodes, scene.names('beside', 2));
  await scene.serve([name, ...besides.keys()]);
  const first = await scene.serial(web1, name);

  await scene.moveVip(web2);
  const lost = await scene.tryRenew(web2, name);
  expect(lost.deployComplaints).toContain(`certbot-ha accept ${name} preferred_profile= [change-refused]`);
  await scene.expectServed(name, first);

  await scene.moveVip(web1);
  const { deployComplaints } = await scene.tryRenew(web1, name);
  expect(deployComplaints).toMatch(/web2 .*: roll-out stopped: installer refused/);
  const [, command = ''] =
    /on each node: (certbot-ha accept .*) \[change-refused\]/.exec(deployComplaints) ?? [];
  expect(command).toBe(`certbot-ha accept ${name} preferred_profile=shortlived`);
  expect(await web2.run(command.split(' '))).toMatchObject({ code: 0 });
  await scene.deploy(web1, name);
  await scene.expectServed(name, await scene.serial(web1, name));
  for (const node of scene.nodes)
    expect((await kept(node, name)).parameters.get('preferred_profile')).toBe('shortlived');
  for (const [other, serial] of besides) await scene.expectServed(other, serial);
});

async function majorOf(node: LabNode): Promise<number> {
  const { stdout, stderr } = await node.run(['certbot', '--version']);
  return Number(/certbot (\d+)\./.exec(stdout + stderr)?.[1]);
}

/** What certbot-ha reads of a node's renewal configuration; only the version of who wrote it may differ. */
async function kept(node: LabNode, name: string): Promise<Omit<RenewalData, 'version'>> {
  const data = readRenewalData(await node.readFile(join(node.paths.letsencrypt, 'renewal', `${name}.conf`)));
  if ('problems' in data) throw new Error(`${node.name}: ${JSON.stringify(data.problems)}`);
  const { version: _, ...rest } = data;
  return rest;
}

/** The node renews; every node serves it, and lists it with its own certbot. */
async function renewed(scene: Scene, on: LabNode, name: string): Promise<void> {
  const before = await scene.serial(on, name);
  await scene.renew(on, name);
  const serial = await scene.serial(on, name);
  expect(serial).not.toBe(before);
  await scene.expectEverywhere(name, serial);
  await scene.expectDelivered();
}
