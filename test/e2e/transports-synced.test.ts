// @module-tag long
import { documentedBlock } from '../lab/scene/documented.ts';
import { eventually } from '../lab/eventually.ts';
import type { LabNode } from '../lab/contract.ts';
import { expect, test, type Scene } from '../lab/scene/scene.ts';

const [SYNCTHING, UNISON] = ['docs/transports/syncthing.md', 'docs/transports/unison.md'];
const BLOCKS = {
  syncthingAccount: { page: SYNCTHING, words: 'useradd' },
  syncthingKey: { page: SYNCTHING, words: 'apikey get' },
  syncthingDevice: { page: SYNCTHING, words: 'config devices add-json' },
  syncthingFolder: { page: SYNCTHING, words: 'config folders add' },
  unisonKey: { page: UNISON, words: 'ssh-keygen' },
  unisonAccount: { page: UNISON, words: 'useradd' },
  unisonAway: { page: UNISON, words: 'userdel' },
} as const;

const CHALLENGES = '/usr/share/nginx/letsencrypt/.well-known/acme-challenge';

/** Types a block of the documentation on a node, after other lines. */
async function type(node: LabNode, block: keyof typeof BLOCKS, change = (text: string) => text, before = '') {
  const text = change(await documentedBlock(BLOCKS[block]));
  return await node.check(['sh', '-euc', `cd /root\n${before}\n${text}`]);
}

/** As an upgrade of the package does, and each boot. */
async function tmpfilesAgain(nodes: readonly LabNode[]): Promise<void> {
  for (const node of nodes) await node.check(['systemd-tmpfiles', '--create', 'certbot-ha.conf']);
}

/** By the earlier configuration they would carry tokens as well. */
async function reloadAgents(nodes: readonly LabNode[]): Promise<void> {
  for (const node of nodes) await node.check(['systemctl', 'reload', 'certbot-ha-agent']);
}

/** Syncthing takes away later what certbot-ha has taken away on one node. */
async function areTaken(nodes: readonly LabNode[]): Promise<void> {
  for (const node of nodes)
    await expect.poll(async () => await node.tokens(), { timeout: 60_000 }).toEqual(['.stfolder']);
}

test('transport syncthing: set up as its page says, every node serves what one of them has got', async ({
  scene,
}) => {
  scene.needsHosts('systemd');
  const { nodes } = scene;
  for (const node of nodes) {
    scene.undo(async () => {
      await node.run(['systemctl', 'disable', '--now', 'syncthing@syncthing']);
      await node.run(['userdel', '--remove', 'syncthing']);
      await node.check(['rm', '-rf', `${CHALLENGES}/.stfolder`]);
    });
  }
  await Promise.all(nodes.map(async (node) => await type(node, 'syncthingAccount')));
  const cli = (await documentedBlock(BLOCKS.syncthingKey)).split('\n')[0] ?? '';
  const ids = await Promise.all(
    nodes.map(async (node) => /"myID": "([^"]+)"/.exec(await type(node, 'syncthingKey'))?.[1] ?? ''),
  );
  await Promise.all(
    nodes.map(async (node) => {
      const others = nodes
        .map((other, index) => [other, ids[index] ?? ''] as const)
        .filter(([one]) => one !== node);
      for (const [{ name, address }, id] of others) {
        const change = (text: string) =>
          text.replace('DEVICE-ID', id).replace('web2', name).replace('192.168.69.12', address);
        await type(node, 'syncthingDevice', change, cli);
      }
      const [folder = '', share = ''] = (await documentedBlock(BLOCKS.syncthingFolder)).trim().split('\n');
      const shares = others.map(([, id]) => share.replace('DEVICE-ID', id));
      await node.check(['sh', '-euc', [cli, folder, ...shares].join('\n')]);
    }),
  );
  await tmpfilesAgain(nodes);
  scene.undo(async () => await reloadAgents(nodes));
  await scene.configure({ transport: 'syncthing', gate: { timeout: 30 } });
  await reloadAgents(nodes);
  const [web1, web2, web3] = nodes;
  const found = await eventually(async () => await web1.run(['certbot-ha', 'doctor', '--no-drill']), {
    timeoutMs: 60_000,
    everyMs: 1_000,
    what: 'doctor to find the devices connected',
    until: ({ stdout }) => stdout.includes('carrier: syncthing: the webroot is shared'),
  });
  expect(found.stdout).toMatch(/PASS {2}carrier: syncthing: /);

  // What carries is Syncthing, and not a look-up at the others.
  const names = scene.names('syncthing', 5);
  const backs = await Promise.all([web2, web3].map(async (node) => await scene.stop(node, 'agent')));
  const said = await scene.issue(web1, names);
  for (const back of backs) await back();
  expect(said).toContain(`5 challenges: served by web1, web2, web3, vip ${scene.vip} after `);
  await areTaken(nodes);

  // A lineage goes by the agents. One node issues, so that there is one account.
  const name = scene.name('syncthing-lineage');
  await scene.expectEverywhere(name, await scene.issueEverywhere(web1, name));
  // Before one of them is cut off, which would keep them.
  await areTaken(nodes);

  await web3.check(['systemctl', 'stop', 'syncthing@syncthing']);
  const away = await eventually(async () => await web1.run(['certbot-ha', 'doctor', '--no-drill']), {
    timeoutMs: 60_000,
    everyMs: 1_000,
    what: 'doctor to tell that web3 is not connected',
    until: ({ stdout }) => stdout.includes('syncthing-device-away'),
  });
  expect(away.stdout).toContain(
    'syncthing: device web3, which folder acme-challenge is shared with, is not connected',
  );
  await goToHttp(scene);
});

test('transport unison: set up as its page says, every node serves what one of them has got', async ({
  scene,
}) => {
  scene.needsHosts('sshd');
  const { nodes } = scene;
  const [web1, web2, web3] = nodes;
  // Of a first try; a systemd of its own may run yet.
  for (const node of nodes) await node.run(['userdel', '--force', 'unison']);
  await type(web1, 'unisonKey');
  for (const node of [web2, web3]) {
    for (const file of ['id_unison', 'id_unison.pub']) {
      await node.writeFile(`/root/${file}`, await web1.readFile(`/root/${file}`), { mode: 0o600 });
    }
  }
  await Promise.all(nodes.map(async (node) => await type(node, 'unisonAccount')));
  await tmpfilesAgain(nodes);
  scene.undo(async () => await reloadAgents(nodes));
  await scene.configure({ transport: 'unison', gate: { timeout: 60 } });
  await reloadAgents(nodes);
  const names = scene.names('unison', 5);
  const backs = await Promise.all([web2, web3].map(async (node) => await scene.stop(node, 'agent')));
  const said = await scene.issue(web1, names);
  for (const back of backs) await back();
  expect(said).toContain(`5 challenges: served by web1, web2, web3, vip ${scene.vip} after `);
  for (const node of nodes) expect(await node.tokens()).toEqual([]);
  await goToHttp(scene);
  for (const node of nodes) await type(node, 'unisonAway');
});

/** The way that both pages end with. What carried before may be gone by then. */
async function goToHttp(scene: Scene): Promise<void> {
  await scene.configure({ transport: 'http' });
  await reloadAgents(scene.nodes);
  const [web1] = scene.nodes;
  const drill = await web1.run(['certbot-ha', 'drill', scene.name('by-http')]);
  expect(drill).toMatchObject({ code: 0, stderr: '' });
}
