import { randomBytes } from 'node:crypto';
import { expect, test, type LabNode, type Scene } from '../lab/scene/scene.ts';

const GATE = { gate: { timeout: 5 } };
const NEW_VIP = '192.168.69.77';
const NEW_ADDRESS = '192.168.69.73';
const NEW_WEBROOT = '/srv/acme';

test('transport, cluster key, address of a node, VIP and webroot change as docs/cluster-life.md says, and after each a renewal is served everywhere', async ({
  scene,
  forge,
}) => {
  scene.needsHosts('addresses, units and keys of its own');
  const [web1, web2, web3] = scene.nodes;
  // The last that is undone: with the configuration and the key of before.
  scene.undo(async () => await restartAgents(scene.nodes));
  await scene.deliverByRsync(GATE);
  const name = scene.name('settings');
  const serials = new Set([await scene.issueEverywhere(web1, name)]);
  const others = await forge.besides(scene.nodes, scene.names('beside', 2));
  await scene.serve([...others.keys()]);
  const renews = async () => {
    await scene.renew(web1, name);
    const serial = await scene.serial(web1, name);
    serials.add(serial);
    await scene.expectEverywhere(name, serial);
    await scene.nothingOutstanding(web1);
    for (const [other, itsOwn] of others) await scene.expectServed(other, itsOwn);
  };

  // From rsync to http, one node after another.
  for (const node of scene.nodes) {
    await reconfigure(scene, GATE, [node]);
    expect(await web1.run(['certbot-ha', 'drill', name])).toMatchObject({ code: 0 });
  }
  await renews();

  await changeKey(scene, name);
  await renews();

  await addAddress(scene, web3, NEW_ADDRESS);
  await reconfigure(scene, { ...GATE, nodes: { web3: NEW_ADDRESS } });
  expect(await web1.check(['certbot-ha', 'status'])).toContain(NEW_ADDRESS);
  await renews();

  await addAddress(scene, web1, NEW_VIP);
  await reconfigure(scene, { ...GATE, vips: [scene.vip, NEW_VIP] });
  expect((await web1.check(['certbot-ha', 'drill', name])).match(/^vip .*: served/gm)).toHaveLength(2);
  await reconfigure(scene, { ...GATE, vips: [NEW_VIP] });
  const renewers = await Promise.all(
    scene.nodes.map(async (node) => (await node.run(['certbot-ha', 'is-issuer'])).code),
  );
  expect(renewers).toEqual([0, 1, 1]);
  await renews();

  for (const node of scene.nodes) await prepareWebroot(scene, node);
  await reconfigure(scene, { ...GATE, webroot: NEW_WEBROOT });
  const location = `location ^~ /.well-known/acme-challenge/ { root ${NEW_WEBROOT}; default_type text/plain; }`;
  for (const node of scene.nodes) await scene.serveInstead(node, location);
  await renews();

  expect(serials.size).toBe(6);
  expect(await web2.check(['ls', '-A', `${NEW_WEBROOT}/.well-known/acme-challenge`])).toBe('');
  await scene.expectDelivered();
});

async function reconfigure(
  scene: Scene,
  overrides: object,
  on = scene.nodes as readonly LabNode[],
): Promise<void> {
  await scene.configure(overrides, on);
  await restartAgents(on);
}

async function restartAgents(nodes: readonly LabNode[]): Promise<void> {
  for (const node of nodes) await node.check(['systemctl', 'restart', 'certbot-ha-agent']);
}

/** Added, first, alone: after no node's step is an agent out of reach. */
async function changeKey({ nodes, undo }: Scene, name: string): Promise<void> {
  const [web1] = nodes;
  const { keyFile } = web1.paths;
  const put = async (node: LabNode, lines: readonly string[]) =>
    await node.writeFile(keyFile, `${lines.join('\n')}\n`, { mode: 0o640, owner: 'root:certbot-ha' });
  const before = (await web1.readFile(keyFile)).trim();
  const next = randomBytes(32).toString('hex');
  undo(async () => {
    for (const node of nodes) await put(node, [before]);
  });
  for (const lines of [[before, next], [next, before], [next]]) {
    for (const node of nodes) {
      await put(node, lines);
      if (lines[0] === before || lines.length === 1) await restartAgents([node]);
      expect(await web1.run(['certbot-ha', 'status'])).toMatchObject({ code: 0 });
    }
    expect(await web1.run(['certbot-ha', 'drill', name])).toMatchObject({ code: 0 });
  }
}

async function addAddress({ undo }: Scene, node: LabNode, address: string): Promise<void> {
  const change = async (verb: string) =>
    await node.check(['ip', 'address', verb, `${address}/24`, 'dev', 'eth0']).then(() => undefined);
  undo(async () => await change('del'));
  await change('add');
}

async function prepareWebroot({ undo }: Scene, node: LabNode): Promise<void> {
  const dropIn = '/etc/systemd/system/certbot-ha-agent.service.d/webroot.conf';
  undo(async () => {
    await node.check(['rm', '-rf', dropIn, NEW_WEBROOT]);
    await node.check(['systemctl', 'daemon-reload']);
  });
  const directory = `${NEW_WEBROOT}/.well-known/acme-challenge`;
  await node.check(['install', '-d', '-o', 'certbot-ha', '-g', 'certbot-ha', directory]);
  await node.writeFile(dropIn, `[Service]\nReadWritePaths=${NEW_WEBROOT}\n`);
  await node.check(['systemctl', 'daemon-reload']);
}
