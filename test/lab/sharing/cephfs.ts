import { randomUUID } from 'node:crypto';
import type { LabNode } from '../contract.ts';
import { FUSE_DEVICE, makeChallenges, saidBy, sh, startUnit, until, type SharingSystem } from './system.ts';

/** As the units of Ceph's packages have it. */
const UNIT = ['Restart=on-failure', 'RestartSec=10', 'TasksMax=infinity', 'LimitNOFILE=1048576'];
/** An OSD makes its store, and is let in by the monitors, which write to their disks for that. */
const OSDS_MS = 300_000;

/** A monitor, an OSD and a metadata server on each node, a manager on the first. Without authentication, which a lab does not need. */
export const cephfs: SharingSystem = {
  name: 'cephfs',
  title: 'CephFS, 3 nodes, ceph-fuse',
  packages: ['ceph-mon', 'ceph-mgr', 'ceph-osd', 'ceph-mds', 'ceph-fuse', 'ceph-common'],
  hasServer: false,
  async start(nodes) {
    const fsid = randomUUID();
    await Promise.all(nodes.map((node) => startMonitor(node, nodes, fsid)));
    const [first] = nodes;
    await until(first, 'a quorum of monitors', 'timeout 30 ceph -s');
    await startUnit(first, 'ceph-mgr', ['ceph-mgr', '-f', '-i', first.name, '--mgr-data', '/disk/mgr'], UNIT);
    // One after another: each is given the next number.
    for (const node of nodes) await startStore(node);
    await allUp(nodes);
    await sh(
      first,
      `ceph osd pool create metadata 8; ceph osd pool create data 8; ceph fs new acme metadata data`,
    );
    await until(first, 'an active metadata server', "ceph mds stat | grep -q 'up:active'");
    await Promise.all(nodes.map(mount));
    await makeChallenges(first);
    return { version: await sh(first, 'ceph --version'), onTop: { transport: 'shared' } };
  },
};

/** `public_addr`: a daemon's address is the node's own, whatever VIPs are on its interface. */
function configOf({ address: own }: LabNode, nodes: readonly LabNode[], fsid: string): string {
  return `[global]
fsid = ${fsid}
mon_initial_members = ${nodes.map(({ name }) => name).join(',')}
mon_host = ${nodes.map(({ address }) => address).join(',')}
public_addr = ${own}
cluster_addr = ${own}
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
auth_allow_insecure_global_id_reclaim = true
osd_pool_default_size = 3
osd_pool_default_min_size = 2
osd_objectstore = bluestore
osd_memory_target = 939524096
bluestore_block_size = 3221225472
bluestore_block_db_create = false
bluestore_block_wal_create = false
mon_data_avail_crit = 1
fuse_default_permissions = false
[mon]
mgr_initial_modules =
`;
}

async function startMonitor(node: LabNode, nodes: readonly LabNode[], fsid: string): Promise<void> {
  const { name, address } = node;
  await node.writeFile('/etc/ceph/ceph.conf', configOf(node, nodes, fsid));
  const members = nodes.map((one) => `--add ${one.name} ${one.address}:6789`).join(' ');
  await sh(
    node,
    `${FUSE_DEVICE}; mkdir -p /disk/mon /disk/osd /disk/mds /disk/mgr /run/ceph
    monmaptool --create --fsid ${fsid} ${members} /root/monmap
    ceph-mon --mkfs -i ${name} --monmap /root/monmap --mon-data /disk/mon`,
  );
  const where = ['--mon-data', '/disk/mon', '--public-addr', `${address}:6789`];
  await startUnit(node, 'ceph-mon', ['ceph-mon', '-f', '-i', name, ...where], UNIT);
}

async function startStore(node: LabNode): Promise<void> {
  const uuid = randomUUID();
  const id = await sh(node, `ceph osd new ${uuid}`);
  await sh(node, `ceph-osd -i ${id} --mkfs --osd-uuid ${uuid} --osd-data /disk/osd 2>/dev/null`);
  const where = ['--osd-data', '/disk/osd', '--crush-location', `host=${node.name} root=default`];
  await startUnit(node, 'ceph-osd', ['ceph-osd', '-f', '-i', id, ...where], UNIT);
  await startUnit(node, 'ceph-mds', ['ceph-mds', '-f', '-i', node.name, '--mds-data', '/disk/mds'], UNIT);
}

async function allUp(nodes: readonly LabNode[]): Promise<void> {
  const [first] = nodes;
  if (first === undefined) return;
  try {
    await until(first, 'every OSD up', `timeout 20 ceph osd stat | grep -q '${nodes.length} up'`, OSDS_MS);
  } catch (cause) {
    const tree = await first.run(['timeout', '20', 'ceph', 'osd', 'tree']);
    const said = await Promise.all(nodes.map((node) => saidBy(node, 'ceph-osd')));
    throw new Error([(cause as Error).message, tree.stdout, ...said].join('\n'), { cause });
  }
}

async function mount(node: LabNode): Promise<void> {
  await startUnit(node, 'ceph-fuse', ['ceph-fuse', '-f', node.paths.webroot, '-o', 'nonempty']);
  try {
    await until(node, 'CephFS mounted', `mountpoint -q ${node.paths.webroot}`);
  } catch (cause) {
    throw new Error(`${(cause as Error).message}: ${await saidBy(node, 'ceph-fuse')}`, { cause });
  }
}
