import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startCaDaemons, type CaDaemons } from '../ca-daemons.ts';
import { runCertbot } from '../certbot.ts';
import { clusterOf, newKey } from '../cluster.ts';
import type { Lab, LabNode, LabOptions, ServiceName } from '../contract.ts';
import { lineOf } from '../daemon.ts';
import { chooseAddresses, type Addresses } from './addresses.ts';
import { configOf } from './config.ts';
import { startForwarder } from './forwarder.ts';
import { loopbackHost } from './host.ts';
import { labDirectory, leashed } from './leash.ts';
import { createLoopbackNode } from './node.ts';
import { putBin, putCa, putNode, type CaFiles } from './set-up.ts';
import { createVrrp, type Vrrp } from './vrrp.ts';

/** What has to be undone, last first. */
type Undo = (() => Promise<unknown>)[];

/** The lab without hosts: nodes are addresses of this machine, their services processes of ours. */
export async function openLoopback(options: Required<LabOptions>, reason: string): Promise<Lab> {
  if (options.ipv6) throw new Error('IPv6: not on loopback, only with booted hosts');
  if (options.debians.length > 0) throw new Error('a Debian: not on loopback, only with booted hosts');
  const undo: Undo = [];
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= undoAll(undo));
  try {
    return { ...(await openWith(options, undo)), reason, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function undoAll(undo: Undo): Promise<void> {
  for (const step of undo.toReversed()) await step();
}

async function openWith(options: Required<LabOptions>, undo: Undo): Promise<Omit<Lab, 'reason' | 'close'>> {
  const addresses = await chooseAddresses();
  const directory = await labDirectory();
  undo.push(() => rm(directory, { recursive: true, force: true }));
  const binDir = await putBin(directory, options.install);
  const vips = options.vips.map((_, index) => addresses.of(10 - index));
  const caFiles = await putCa(directory, addresses);
  const ca = await startCa(addresses, caFiles, vips);
  undo.push(() => ca.stop());
  const vrrp = createVrrp(names(options));
  const nodes = await startNodes(options, { addresses, directory, binDir, vips, vrrp }, undo);
  const addressOf = (name: string | undefined) => nodes.find((node) => node.name === name)?.address;
  for (const vip of vips) {
    const ports = [addresses.http, addresses.https];
    const forwarder = await startForwarder(vip, ports, () => addressOf(vrrp.holder()));
    undo.push(() => forwarder.close());
  }
  return labOf({ addresses, ca, caFiles, vips, vrrp, nodes, install: options.install });
}

function names({ nodes }: Required<LabOptions>): readonly string[] {
  return Array.from({ length: nodes }, (_, index) => `web${index + 1}`);
}

function startCa(addresses: Addresses, { configFile }: CaFiles, vips: readonly string[]): Promise<CaDaemons> {
  const address = addresses.of(2);
  return startCaDaemons({
    enter: leashed,
    configFile,
    dns: {
      listen: `${address}:${addresses.dns}`,
      managementListen: `${address}:${addresses.dnsManagement}`,
      vips,
    },
  });
}

interface Ground {
  readonly addresses: Addresses;
  readonly directory: string;
  readonly binDir: string;
  readonly vips: readonly string[];
  readonly vrrp: Vrrp;
}

async function startNodes(options: Required<LabOptions>, ground: Ground, undo: Undo): Promise<LabNode[]> {
  const { addresses, directory, binDir, vips, vrrp } = ground;
  const services: ServiceName[] = ['nginx', 'keepalived', ...(options.install ? (['agent'] as const) : [])];
  const nodes = await Promise.all(
    names(options).map(async (name, index) => {
      const [home, address] = [join(directory, name), addresses.of(11 + index)];
      await putNode(home, address, { addresses, webServerPort443: options.webServerPort443 });
      return createLoopbackNode({ name, address, directory: home, binDir, ports: addresses, vrrp, services });
    }),
  );
  const key = newKey();
  for (const node of nodes) {
    // In order, so that every process is waited for by its parent.
    undo.push(() => Promise.all(services.map((service) => node.stopService(service))));
    await node.writeFile(node.paths.config, configOf({ nodes, vips, ports: addresses }).forNode(node));
    await node.writeFile(node.paths.keyFile, `${key}\n`, { mode: 0o640 });
  }
  await Promise.all(nodes.map((node) => node.boot()));
  return nodes;
}

interface Parts {
  readonly addresses: Addresses;
  readonly ca: CaDaemons;
  readonly caFiles: CaFiles;
  readonly vips: readonly string[];
  readonly vrrp: Vrrp;
  readonly nodes: readonly LabNode[];
  readonly install: boolean;
}

function labOf({ addresses, ca, caFiles, vips, vrrp, nodes, install }: Parts): Omit<Lab, 'reason' | 'close'> {
  const directoryUrl = `https://${addresses.of(2)}:${addresses.acme}/dir`;
  const config = configOf({ nodes, vips, ports: addresses });
  const { http, https, agent } = addresses;
  return {
    kind: 'loopback',
    nodes,
    vips,
    directoryUrl,
    ports: { http, https, agent },
    ca: loopbackHost('ca', addresses.of(2), {}),
    defaultConfig: config.common,
    ...clusterOf({ nodes, contentFor: config.localize, defaultConfig: config.common, hasAgents: install }),
    async holder() {
      const node = nodes.find(({ name }) => name === vrrp.holder());
      if (node === undefined) throw new Error('no node has the VIP');
      return node;
    },
    moveVip: async (to) => vrrp.move(to),
    async restartCa(options) {
      await Promise.all([ca.restart(options), ...nodes.map(forgetAccounts)]);
    },
    caLog: async () => ca.log(),
    caSays: (pattern, timeoutMs) => lineOf(() => ca.log(), pattern, timeoutMs),
    certbot: (node, args, options) =>
      runCertbot({ directoryUrl, caFile: caFiles.caFile, node }, args, {
        configDir: node.paths.letsencrypt,
        ...options,
      }),
  };
}

async function forgetAccounts(node: LabNode): Promise<void> {
  await rm(join(node.paths.letsencrypt, 'accounts'), { recursive: true, force: true });
}
