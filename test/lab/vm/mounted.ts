import { documentedBlock, TYPED_IN_VMS } from '../scene/documented.ts';
import type { Vm } from './machine.ts';

/** Scripts of bash for what the tests of virtual machines mount, as its pages have them: two nodes, and a server for those that need one. */

export const WEBROOT = '/usr/share/nginx/letsencrypt';
export const TOKENS = `${WEBROOT}/.well-known/acme-challenge`;
export const INBOXES = '/var/lib/certbot-ha/shared';

/** Types a block of the documentation. Packages are there, and there is no systemd. */
export async function type(
  vm: Vm,
  block: keyof typeof TYPED_IN_VMS,
  change = (text: string) => text,
): Promise<void> {
  const text = await documentedBlock(TYPED_IN_VMS[block]);
  await vm.check(`set -e\n${change(text.replaceAll(/^(?:apt-get|systemctl) .*\n/gm, ''))}`);
}

/** Where no package has made it. */
const WITH_USER = 'id certbot-ha >/dev/null 2>&1 || useradd --system certbot-ha';

/** Both in sync, and mounted on the first. */
export async function startDrbd(a: Vm, b: Vm): Promise<void> {
  for (const vm of [a, b]) {
    await vm.check(
      `modprobe drbd; modprobe ext4; mkdir -p ${WEBROOT} /var/lib/drbd /var/lock /etc/keepalived\n${WITH_USER}`,
    );
    await type(vm, 'drbdDevice');
    await type(vm, 'drbdNotify');
  }
  await a.check('until drbdadm cstate r0 | grep -q ^Connected; do sleep 0.2; done');
  await type(a, 'drbdFirst');
  await a.check('sync');
}

/** What keepalived runs. */
export async function notify(vm: Vm, state: 'MASTER' | 'BACKUP'): Promise<void> {
  await vm.check(`/etc/keepalived/drbd.sh INSTANCE VI_1 ${state}`, 90_000);
}

export async function startNfsServer(server: Vm): Promise<void> {
  await server.check(`modprobe nfsd; modprobe ext4; mkfs.ext4 -q /dev/vda
mkdir -p /srv/export && mount /dev/vda /srv/export && mkdir -p /srv/export/.nfs && install -d -m 700 /srv/export/inboxes
mkdir -p /var/lib/nfs && mount --bind /srv/export/.nfs /var/lib/nfs
mkdir -p /var/lib/nfs/rpc_pipefs /var/lib/nfs/v4recovery /var/lib/nfs/nfsdcld /run/rpcbind
touch /var/lib/nfs/etab /var/lib/nfs/rmtab
modprobe sunrpc; mount -t rpc_pipefs pipes /var/lib/nfs/rpc_pipefs; mount -t nfsd nfsd /proc/fs/nfsd
grep -q ^_rpc: /etc/passwd || echo '_rpc:x:990:65534::/run/rpcbind:/bin/false' >>/etc/passwd
rpcbind -w; nfsdcld`);
  await type(server, 'nfsServer');
  await server.check('rpc.nfsd -G 10 -L 10 4 && rpc.mountd');
}

/** @param change of what is typed there; default: as its page has it */
export async function mountNfs(client: Vm, server: Vm, change?: (text: string) => string): Promise<void> {
  await client.check(`modprobe nfs; modprobe nfsv4; mkdir -p ${WEBROOT} ${INBOXES}\n${hostsWith(server)}`);
  await type(client, 'nfsMount', change);
}

export async function startSmbServer(server: Vm): Promise<void> {
  await server.check(`modprobe ext4; mkfs.ext4 -q /dev/vda
mkdir -p /srv/export && mount /dev/vda /srv/export && install -d -m 700 /srv/export/inboxes
mkdir -p /var/lib/samba/private /var/cache/samba /var/log/samba /run/samba /etc/samba
cat >/etc/samba/smb.conf <<'END'
[global]
server role = standalone
disable netbios = yes
smb ports = 445
load printers = no
END`);
  const password = String.raw`printf 's3cret\ns3cret\n' | smbpasswd -s`;
  await type(server, 'smbServer', (text) => text.replace('smbpasswd', password));
  await server.check(`smbd -D
for n in $(seq 100); do ss -ltn | grep -q :445 && exit; sleep 0.2; done; exit 1`);
}

/** @param change of what is typed there; default: as its page has it */
export async function mountSmb(client: Vm, server: Vm, change = (text: string) => text): Promise<void> {
  await client.check(`modprobe cifs; mkdir -p ${WEBROOT} ${INBOXES}\n${hostsWith(server)}
${WITH_USER}
(umask 077; printf 'username=acme\\npassword=s3cret\\n' >/root/acme.smb)`);
  // A server that listens may still close the first connections.
  await type(client, 'smbMount', (text) => change(text).replace(/^mount .*$/m, 'until $&; do sleep 1; done'));
}

function hostsWith({ address }: Vm): string {
  return `grep -q ' server$' /etc/hosts || echo '${address} server' >>/etc/hosts`;
}

/** nginx for the webroot. */
export async function serve(vm: Vm): Promise<void> {
  await vm.check(`cat >/tmp/nginx.conf <<'END'
worker_processes 1; error_log /tmp/error.log; pid /tmp/nginx.pid; events {}
http { access_log /tmp/access.log; server { listen 80; location / { root ${WEBROOT}; default_type text/plain; } } }
END
nginx -c /tmp/nginx.conf`);
}

/** What nginx on this machine answers for the token: a status. */
export async function statusOf(vm: Vm, token: string): Promise<number> {
  const url = `http://127.0.0.1/.well-known/acme-challenge/${token}`;
  return Number(
    await vm.check(`curl --silent --max-time 20 --output /dev/null --write-out '%{http_code}' ${url}`),
  );
}
