import { checkCommand } from '../command.ts';
import { selfSigned } from '../certificates.ts';
import { startCaDaemons, type CaDaemons } from '../ca-daemons.ts';
import type { LabHost } from '../contract.ts';
import type { Keeper } from '../keeper.ts';
import { pebbleConfig } from '../pebble.ts';
import { put } from './files.ts';
import { attach, type Attachment } from './network.ts';
import { hostOf } from './node.ts';
import { inRoot, mountRoot, type Root } from './roots.ts';
import { NODE, type HostSystem } from './system.ts';

export const CA_NAME = 'ca.example.test';
export const DIRECTORY_URL = `https://${CA_NAME}:14000/dir`;

/** The CA and its DNS, on a host that is not booted: its processes are all it has. */
export interface CaHost extends CaDaemons {
  readonly host: LabHost;
  /** What its clients have to trust. */
  readonly certificate: string;
}

export interface CaHostOptions {
  readonly attachment: Attachment;
  readonly system: HostSystem;
  readonly vips: readonly string[];
}

export async function startCa(keeper: Keeper, { attachment, system, vips }: CaHostOptions): Promise<CaHost> {
  const { name, address } = attachment;
  const [root, { certificate, key }] = await Promise.all([
    mountRoot(keeper, name, [system.tree]),
    selfSigned([`DNS:${CA_NAME}`, `IP:${address}`]),
    attach(keeper, attachment),
  ]);
  await prepare(keeper, root, { address, certificate, key });
  const enter = (argv: readonly string[]) => inRoot(keeper, root, argv, name);
  const daemons = await startCaDaemons({
    enter,
    configFile: '/etc/pebble.json',
    dns: { listen: `${address}:53`, managementListen: '0.0.0.0:8055', vips },
  });
  return { ...daemons, host: hostOf(attachment, enter), certificate };
}

async function prepare(
  keeper: Keeper,
  root: Root,
  { address, certificate, key }: { address: string; certificate: string; key: string },
): Promise<void> {
  await checkCommand(keeper.enter(['mount', '--rbind', '/dev', `${root.path}/dev`]));
  await checkCommand(keeper.enter(['mount', '--rbind', '/proc', `${root.path}/proc`]));
  // What looks at the nodes from outside is a program for the Node.js that runs this.
  await put(root, NODE, '');
  await checkCommand(keeper.enter(['mount', '--bind', '--', process.execPath, `${root.path}${NODE}`]));
  await put(root, '/etc/pebble.crt', certificate);
  await put(root, '/etc/pebble.key', key, 0o600);
  await put(root, '/etc/hosts', `127.0.0.1 localhost\n${address} ${CA_NAME}\n`);
  const config = pebbleConfig({
    listen: '0.0.0.0:14000',
    managementListen: '0.0.0.0:15000',
    certificate: '/etc/pebble.crt',
    key: '/etc/pebble.key',
    httpPort: 80,
    tlsPort: 443,
  });
  await put(root, '/etc/pebble.json', config);
}
