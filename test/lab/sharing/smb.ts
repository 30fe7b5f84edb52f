import type { LabNode } from '../contract.ts';
import { FUSE_DEVICE, makeChallenges, sh, startUnit, until, type SharingSystem } from './system.ts';

const SERVER = `[global]
server role = standalone server
disable netbios = yes
smb ports = 445
server min protocol = SMB2
load printers = no
[acme]
path = /disk/export
read only = no
valid users = acme
force user = root
`;

/** samba on a host of its own, smbnetfs on each node: the kernel's client is measured in virtual machines. */
export const smb: SharingSystem = {
  name: 'smb',
  title: 'SMB, samba and smbnetfs',
  packages: ['samba', 'smbclient', 'smbnetfs', 'fuse3'],
  hasServer: true,
  async start(nodes, server) {
    if (server === undefined) throw new Error('smb needs a server');
    await server.writeFile('/etc/samba/smb.conf', SERVER);
    await sh(
      server,
      `mkdir -p /disk/export; useradd --no-create-home --shell /usr/sbin/nologin acme
      printf 's3cret\\ns3cret\\n' | smbpasswd -s -a acme; systemctl start smbd`,
    );
    await until(server, 'smbd listening', "ss -ltn | grep -q ':445'");
    await Promise.all(nodes.map((node) => mount(node, server)));
    await makeChallenges(nodes[0]);
    const version = await sh(server, 'smbd --version');
    return { version, onTop: { transport: 'shared' } };
  },
};

async function mount(node: LabNode, { address }: LabNode): Promise<void> {
  const config = 'include "smbnetfs.auth"\ninclude "smbnetfs.host"\nsmb_debug_level 0\n';
  await node.writeFile('/root/.smb/smbnetfs.conf', config, { mode: 0o600 });
  await node.writeFile('/root/.smb/smbnetfs.auth', `auth "${address}" "acme" "s3cret"\n`, { mode: 0o600 });
  await node.writeFile('/root/.smb/smbnetfs.host', `host ${address} visible=true\n`, { mode: 0o600 });
  await node.writeFile('/root/.smb/smb.conf', '[global]\nclient min protocol = SMB2\n', { mode: 0o600 });
  await sh(node, `${FUSE_DEVICE}; mkdir -p /srv/smb`);
  await startUnit(node, 'smbnetfs', ['smbnetfs', '-f', '-s', '/srv/smb', '-o', 'allow_other']);
  const share = `/srv/smb/${address}/acme`;
  await until(node, 'the share', `ls ${share}`);
  await sh(node, `mount --bind ${share} ${node.paths.webroot}`);
}
