import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { selfSigned, sshKeyPair, type SshKeyPair } from '../certificates.ts';
import type { LabOptions } from '../contract.ts';
import type { Keeper } from '../keeper.ts';
import { httpServer, otherSite } from '../nginx-config.ts';
import { empty, put, remove } from './files.ts';
import { PATHS } from './node.ts';
import { mountRoot, type Root } from './roots.ts';
import { allowRsync, installSuite } from './suite.ts';
import { NODE, type HostSystem } from './system.ts';
import { putUnits } from './units.ts';

/** Where a node finds what the CA's clients have to trust. */
export const CA_FILE = '/etc/ssl/lab-ca.pem';

/** What this machine has of all this must not be seen in the lab. */
const NOT_OURS = [
  '/etc/certbot-ha',
  // Alone: beside it lies a file of the package's that keepalived 2.3 does not start without.
  '/etc/keepalived/keepalived.conf',
  '/etc/letsencrypt',
  '/etc/ssh/ssh_known_hosts',
  '/usr/local/bin/certbot-ha',
  '/usr/local/bin/certbot-ha-auth',
  '/usr/local/bin/certbot-ha-cleanup',
  '/usr/local/bin/certbot-ha-deploy',
  '/usr/local/bin/certbot-ha-installer',
  NODE,
  '/usr/local/lib/certbot-ha',
  '/etc/nginx/snippets/certbot-ha.conf',
  '/usr/share/nginx/letsencrypt',
  '/var/lib/certbot-ha',
  '/var/lib/letsencrypt',
  '/var/log/letsencrypt',
  '/etc/sysusers.d/certbot-ha.conf',
  '/etc/tmpfiles.d/certbot-ha.conf',
];
const NOT_OURS_INSIDE = ['/etc/nginx/conf.d', '/etc/nginx/sites-enabled', '/etc/ssh/sshd_config.d'];

/** What the nodes have in common: one for each system, in the order of the nodes. */
export async function createBases(
  keeper: Keeper,
  systems: readonly HostSystem[],
  options: Required<LabOptions>,
): Promise<readonly Root[]> {
  const bases = new Map<HostSystem, Root>();
  const sshKey = await sshKeyPair('certbot-ha');
  const all: Root[] = [];
  for (const system of systems) {
    const base = bases.get(system) ?? (await createBase(keeper, system, { ...options, sshKey }));
    bases.set(system, base);
    all.push(base);
  }
  return all;
}

interface BaseOptions extends Required<LabOptions> {
  /** With which root on any node reaches the agent's user on any other. */
  readonly sshKey: SshKeyPair;
}

async function createBase(
  keeper: Keeper,
  { name, tree, bringsNode }: HostSystem,
  options: BaseOptions,
): Promise<Root> {
  const root = await mountRoot(keeper, `base-${name}`, [tree]);
  await remove(root, NOT_OURS);
  for (const path of NOT_OURS_INSIDE) await empty(root, path);
  await mkdir(join(root.outside, 'etc/certbot-ha'), { recursive: true });
  await mkdir(join(root.outside, 'etc/letsencrypt'), { recursive: true });
  await mkdir(join(root.outside, PATHS.webroot), { recursive: true });
  await putUnits(root, ['nginx', 'keepalived', 'ssh', ...(options.install ? (['agent'] as const) : [])]);
  if (bringsNode) await put(root, NODE, '', 0o755);
  await putNginx(root, options);
  if (options.install) {
    await installSuite(keeper, root);
    await putClusterSshKey(keeper, root, options.sshKey);
  }
  return root;
}

async function putNginx(root: Root, { ipv6, webServerPort443 }: Required<LabOptions>): Promise<void> {
  const listen = (port: number) => [`${port}`, ...(ipv6 ? [`[::]:${port}`] : [])];
  await put(root, `${PATHS.nginxConfDir}/http.conf`, httpServer(listen(80), PATHS.webroot));
  if (!webServerPort443) return;
  const pair = await selfSigned(['DNS:other.example.org']);
  const [certificate, key] = ['/etc/ssl/other-site.crt', '/etc/ssl/other-site.key'];
  await put(root, certificate, pair.certificate);
  await put(root, key, pair.key, 0o600);
  await put(
    root,
    `${PATHS.nginxConfDir}/other-site.conf`,
    otherSite({ listen: listen(443), certificate, key }),
  );
}

async function putClusterSshKey(
  keeper: Keeper,
  root: Root,
  { publicKey, privateKey }: SshKeyPair,
): Promise<void> {
  await put(root, '/etc/certbot-ha/id_ed25519', privateKey, 0o600);
  await put(root, '/etc/certbot-ha/id_ed25519.pub', `${publicKey}\n`);
  await allowRsync(keeper, root, publicKey, PATHS.webroot);
}
