import type { LabNode } from '../contract.ts';
import { eventually } from '../eventually.ts';
import { FUSE_DEVICE, makeChallenges, sh, type SharingSystem } from './system.ts';

const CONNECTED = 'State: Peer in Cluster (Connected)';

/** A replica on each node, and each mounts its own. */
export const glusterfs: SharingSystem = {
  name: 'glusterfs',
  title: 'GlusterFS, replica 3',
  packages: ['glusterfs-server', 'glusterfs-client'],
  hasServer: false,
  async start(nodes) {
    await Promise.all(nodes.map((node) => sh(node, `${FUSE_DEVICE}; systemctl start glusterd`)));
    const [first, ...others] = nodes;
    for (const { name } of others) await sh(first, `gluster --mode=script peer probe ${name}`);
    // `volume create` fails until each node sees all others.
    await Promise.all(nodes.map((node) => allConnected(node, others.length)));
    const bricks = nodes.map(({ name }) => `${name}:/disk/brick`).join(' ');
    await sh(
      first,
      `gluster --mode=script volume create acme replica ${nodes.length} ${bricks} force
      gluster --mode=script volume set acme network.ping-timeout 5
      gluster --mode=script volume start acme`,
    );
    for (const node of nodes) await sh(node, `mount -t glusterfs localhost:/acme ${node.paths.webroot}`);
    await makeChallenges(first);
    const version = await sh(first, 'glusterfs --version | head -1');
    return { version, onTop: { transport: 'shared' } };
  },
};

async function allConnected(node: LabNode, count: number): Promise<void> {
  const connected = async () => (await sh(node, 'gluster peer status')).split(CONNECTED).length - 1;
  await eventually(connected, {
    timeoutMs: 30_000,
    what: `${node.name}: every peer connected`,
    until: (seen) => seen === count,
  });
}
