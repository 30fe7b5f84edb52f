import { join } from 'node:path';
import { eventually, expect, test, type LabNode, type Scene } from '../lab/scene/scene.ts';

const MINUTE_MS = 60_000;

test('a node is replaced by an empty one, whose nginx does not even start: within a minute it has all lineages and serves them', async ({
  scene,
}) => {
  scene.needsHosts('a host that is replaced');
  await scene.configure({ gate: { timeout: 5 } });
  const [web1, , web3] = scene.nodes;
  const serials = await issueThree(scene, 'replaced');

  const start = await scene.replace(web3);
  expect(await stateOf(web3, 'nginx')).toBe('failed');
  await start();
  await hasAll(scene, web3, serials);

  await eventually(async () => (await stateOf(web3, 'nginx')) === 'active', {
    ...{ timeoutMs: MINUTE_MS, everyMs: 200 },
    what: 'nginx to be active, and no longer reloading',
  });
  for (const node of scene.nodes) await scene.nothingOutstanding(node, MINUTE_MS);
  for (const [name, serial] of serials) await scene.expectEverywhere(name, serial);
  expect(await web1.run(['certbot-ha', 'status', '--check'])).toMatchObject({ code: 0 });
  await renewsFrom(scene, web3, serials);
});

test('a node is taken out, and nothing is outstanding for it any more; an empty one is added, and renews', async ({
  scene,
}) => {
  scene.needsHosts('a host that is added');
  await scene.configure({ gate: { timeout: 5, require: 'available' } });
  const [web1, web2, web3] = scene.nodes;
  await scene.holdTimers();
  const serials = await issueThree(scene, 'moved');
  const [name = ''] = serials.keys();
  const back = await scene.takeDown(web3, 'power');
  await scene.tryRenew(web1, name);
  serials.set(name, await scene.serial(web1, name));
  expect(await scene.outstanding(web1)).toEqual([`web3 ${name}`]);

  // Out: as docs/cluster-life.md says.
  await changeNodes(scene, [web1, web2], { web3: null });
  for (const node of [web1, web2]) {
    expect(await node.run(['certbot-ha', 'sync'])).toMatchObject({ code: 0, stderr: '' });
    expect(await scene.outstanding(node)).toEqual([]);
    expect(await node.run(['certbot-ha', 'status', '--check'])).toMatchObject({ code: 0, stderr: '' });
    expect(await node.check(['certbot-ha', 'status', '--json'])).not.toContain(web3.name);
    const { stdout } = await node.run([
      'grep',
      '-rlF',
      '--exclude-dir=installed',
      '--exclude-dir=inbox',
      '--exclude-dir=outbox',
      // For five minutes, by address.
      '--exclude=silent.json',
      // What has happened stays written.
      '--exclude=events.jsonl*',
      '-e',
      web3.name,
      '-e',
      web3.address,
      node.paths.stateDir,
    ]);
    expect([node.name, stdout]).toEqual([node.name, '']);
  }
  expect(await scene.renew(web1, name)).not.toContain('web3');
  serials.set(name, await scene.serial(web1, name));

  // In: a new host of that name.
  await back();
  const start = await scene.replace(web3);
  await changeNodes(scene, [web1, web2], {});
  await start();
  await hasAll(scene, web3, serials);
  for (const node of scene.nodes) await scene.nothingOutstanding(node, MINUTE_MS);
  await scene.moveVip(web3);
  await renewsFrom(scene, web3, serials);
});

test('a node that has lost the ACME account has it back from its peers before it renews or issues, and registers none', async ({
  scene,
}) => {
  scene.needsHosts('systemd');
  await scene.configure({ gate: { timeout: 5 } });
  const [, web2] = scene.nodes;
  const [[name, before] = ['', '']] = await issueThree(scene, 'lost');
  const accounts = await scene.accounts(web2);
  await scene.moveVip(web2);
  const lose = async () => await web2.check(['rm', '-r', join(web2.paths.letsencrypt, 'accounts')]);

  await lose();
  // As certbot's unit asks before a renewal.
  const asked = await web2.run(['certbot-ha', 'is-issuer']);
  expect(asked).toMatchObject({ code: 0, stderr: expect.stringContaining('[account-lost]') as string });
  expect(await scene.accounts(web2)).toEqual(accounts);

  await lose();
  expect(await scene.certonly(web2, name, ['--force-renewal'])).toMatchObject({ code: 0 });
  expect(await scene.accounts(web2)).toEqual(accounts);
  const serial = await scene.serial(web2, name);
  expect(serial).not.toBe(before);
  await scene.expectEverywhere(name, serial);
});

/** Three lineages, which every nginx serves; serial numbers by name. */
async function issueThree(scene: Scene, topic: string): Promise<Map<string, string>> {
  const [web1] = scene.nodes;
  const serials = new Map<string, string>();
  for (const name of scene.names(topic, 3)) {
    await scene.issue(web1, name, { deploys: true });
    await scene.serve(name);
    serials.set(name, await scene.serial(web1, name));
  }
  return serials;
}

async function stateOf(node: LabNode, unit: string): Promise<string> {
  return (await node.check(['systemctl', 'show', '--property=ActiveState', '--value', unit])).trim();
}

async function hasAll(scene: Scene, node: LabNode, serials: ReadonlyMap<string, string>): Promise<void> {
  const untilMs = Date.now() + MINUTE_MS;
  for (const [name, serial] of serials) {
    await scene.comesToServe(node, { name, serial, timeoutMs: Math.max(1, untilMs - Date.now()) });
  }
}

/** The node has the account as well: what it renews is served everywhere. */
async function renewsFrom(scene: Scene, node: LabNode, serials: ReadonlyMap<string, string>): Promise<void> {
  const [name = ''] = serials.keys();
  await scene.renew(node, name);
  const serial = await scene.serial(node, name);
  expect(serial).not.toBe(serials.get(name));
  await scene.expectEverywhere(name, serial);
  await scene.expectDelivered();
}

/** Changes `nodes` of the configuration on these nodes, and restarts their agents. */
async function changeNodes(scene: Scene, on: readonly LabNode[], nodes: object): Promise<void> {
  await scene.configure({ gate: { timeout: 5, require: 'available' }, nodes }, on);
  for (const node of on) await node.check(['systemctl', 'restart', 'certbot-ha-agent']);
  await eventually(async () => (await on[0]?.run(['certbot-ha', 'status']))?.code === 0, {
    ...{ timeoutMs: 20_000, everyMs: 200 },
    what: 'the agents to answer',
  }).catch(() => undefined);
}
