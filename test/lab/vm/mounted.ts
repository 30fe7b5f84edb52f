import type { Vm } from './machine.ts';

/** Scripts of bash for what the tests of virtual machines mount: two nodes, and a server for those that need one. */

export const WEBROOT = '/srv/web';
export const TOKENS = `${WEBROOT}/.well-known/acme-challenge`;

const DRBD = `global { usage-count no; }
resource r0 {
  net { protocol C; ping-int 1; timeout 20; }
  device /dev/drbd0;
  disk /dev/vda;
  meta-disk internal;
  on a { address 192.168.69.11:7788; }
  on b { address 192.168.69.12:7788; }
}
`;

/** Both in sync, and mounted on the first. */
export async function startDrbd(a: Vm, b: Vm): Promise<void> {
  for (const vm of [a, b]) {
    await vm.check(`modprobe drbd; modprobe ext4; mkdir -p ${WEBROOT} /var/lib/drbd /var/lock
cat >/etc/drbd.conf <<'END'
${DRBD}END
drbdadm create-md --force r0
drbdadm up r0`);
  }
  await a.check('until drbdadm cstate r0 | grep -q ^Connected; do sleep 0.2; done');
  // Two empty disks need no first copy.
  await a.check('drbdadm new-current-uuid --clear-bitmap r0/0; drbdadm primary r0');
  await a.check(`mkfs.ext4 -q /dev/drbd0 && mount /dev/drbd0 ${WEBROOT} && mkdir -p ${TOKENS} && sync`);
}

/** As a cluster manager does when the other node is gone: DRBD refuses until it has noticed. */
export async function takeOver(b: Vm): Promise<void> {
  await b.check('until drbdadm primary r0 2>/dev/null; do sleep 0.2; done', 90_000);
  await b.check(`mount /dev/drbd0 ${WEBROOT}`);
}

export async function startNfsServer(server: Vm): Promise<void> {
  await server.check(`modprobe nfsd; modprobe ext4; mkfs.ext4 -q /dev/vda
mkdir -p /srv/export && mount /dev/vda /srv/export && mkdir -p /srv/export/.well-known/acme-challenge /srv/export/.nfs
mkdir -p /var/lib/nfs && mount --bind /srv/export/.nfs /var/lib/nfs
mkdir -p /var/lib/nfs/rpc_pipefs /var/lib/nfs/v4recovery /var/lib/nfs/nfsdcld /run/rpcbind
touch /var/lib/nfs/etab /var/lib/nfs/rmtab
modprobe sunrpc; mount -t rpc_pipefs pipes /var/lib/nfs/rpc_pipefs; mount -t nfsd nfsd /proc/fs/nfsd
echo '/srv/export 192.168.69.0/24(rw,sync,no_subtree_check,no_root_squash,fsid=0)' >/etc/exports
grep -q ^_rpc: /etc/passwd || echo '_rpc:x:990:65534::/run/rpcbind:/bin/false' >>/etc/passwd
rpcbind -w; nfsdcld; exportfs -r && rpc.nfsd -G 10 -L 10 4 && rpc.mountd`);
}

export async function mountNfs(client: Vm, { address }: Vm, directory: string, options = ''): Promise<void> {
  const given = `vers=4.2${options === '' ? '' : `,${options}`}`;
  await client.check(`modprobe nfs; modprobe nfsv4; mkdir -p ${directory}
mount -t nfs -o ${given} ${address}:/ ${directory}`);
}

export async function startSmbServer(server: Vm): Promise<void> {
  await server.check(`modprobe ext4; mkfs.ext4 -q /dev/vda
mkdir -p /srv/export && mount /dev/vda /srv/export && mkdir -p /srv/export/.well-known/acme-challenge
mkdir -p /var/lib/samba/private /var/cache/samba /var/log/samba /run/samba /etc/samba; useradd -M acme
cat >/etc/samba/smb.conf <<'END'
[global]
server role = standalone
disable netbios = yes
smb ports = 445
load printers = no
[acme]
path = /srv/export
read only = no
force user = root
END
printf 's3cret\\ns3cret\\n' | smbpasswd -s -a acme; smbd -D
for n in $(seq 100); do ss -ltn | grep -q :445 && exit; sleep 0.2; done; exit 1`);
}

export async function mountSmb(client: Vm, { address }: Vm, directory: string, options = ''): Promise<void> {
  const given = `vers=3.1.1,username=acme,password=s3cret${options === '' ? '' : `,${options}`}`;
  // A server that listens may still close the first connections.
  await client.check(`modprobe cifs; mkdir -p ${directory}
until mount -t cifs -o ${given} //${address}/acme ${directory}; do sleep 1; done`);
}

/** nginx for several webroots, a port each. */
export async function serve(vm: Vm, roots: Readonly<Record<number, string>>): Promise<void> {
  const servers = Object.entries(roots).map(
    ([port, root]) => `server { listen ${port}; location / { root ${root}; default_type text/plain; } }`,
  );
  await vm.check(`cat >/tmp/nginx.conf <<'END'
worker_processes 1; error_log /tmp/error.log; pid /tmp/nginx.pid; events {}
http { access_log /tmp/access.log; ${servers.join(' ')} }
END
nginx -c /tmp/nginx.conf`);
}

/** Resolves when nginx on this machine has been asked for the token. */
export async function hasBeenAsked(vm: Vm, token: string): Promise<void> {
  await vm.check(`until grep -q ${token} /tmp/access.log; do sleep 0.2; done`, 90_000);
}

/** What nginx on this machine answers for the token: a status. */
export async function statusOf(vm: Vm, token: string, port = 80): Promise<number> {
  const url = `http://127.0.0.1:${port}/.well-known/acme-challenge/${token}`;
  return Number(
    await vm.check(`curl --silent --max-time 20 --output /dev/null --write-out '%{http_code}' ${url}`),
  );
}
