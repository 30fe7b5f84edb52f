import { randomBytes } from 'node:crypto';
import type { SshKeyPair } from '../certificates.ts';
import { put } from './files.ts';
import { keepalivedConfig, YIELD_FILE } from './keepalived.ts';
import type { Attachment } from './network.ts';
import type { Root } from './roots.ts';

export interface Member extends Attachment {
  readonly hostKey: SshKeyPair;
}

export interface Neighbourhood {
  readonly members: readonly Member[];
  readonly ca: Attachment & { readonly hostName: string };
  readonly vips: readonly string[];
}

/** What tells one node from the others. */
export async function putIdentity(root: Root, index: number, around: Neighbourhood): Promise<void> {
  const self = around.members[index];
  if (self === undefined) throw new Error(`no node ${index}`);
  await put(root, '/etc/hostname', `${self.name}\n`);
  await put(root, '/etc/machine-id', `${randomBytes(16).toString('hex')}\n`, 0o444);
  await put(root, '/etc/hosts', hosts(around));
  await put(root, '/etc/resolv.conf', `nameserver ${around.ca.address}\n`);
  await put(root, '/etc/ssh/ssh_host_ed25519_key', self.hostKey.privateKey, 0o600);
  await put(root, '/etc/ssh/ssh_host_ed25519_key.pub', `${self.hostKey.publicKey}\n`);
  await put(root, '/etc/ssh/ssh_known_hosts', knownHosts(around.members));
  await put(root, '/etc/keepalived/keepalived.conf', keepalivedConfig(index, around.vips));
  // The first takes the VIPs; the others join in when the lab is open.
  await put(root, YIELD_FILE, index === 0 ? '0\n' : '1\n');
}

function hosts({ members, ca }: Neighbourhood): string {
  const lines = members.flatMap(({ name, address, address6 }) =>
    [address, address6 ?? []].flat().map((ip) => `${ip} ${name}`),
  );
  return `${['127.0.0.1 localhost', '::1 localhost', `${ca.address} ${ca.hostName}`, ...lines].join('\n')}\n`;
}

function knownHosts(members: readonly Member[]): string {
  const lines = members.map(({ name, address, address6, hostKey }) => {
    const names = [name, address, address6 ?? []].flat().join(',');
    return `${names} ${hostKey.publicKey}`;
  });
  return `${lines.join('\n')}\n`;
}
