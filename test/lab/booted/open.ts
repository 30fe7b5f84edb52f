import { sshKeyPair } from '../certificates.ts';
import { runCertbot } from '../certbot.ts';
import { clusterOf, newKey } from '../cluster.ts';
import type { Lab, LabNode, LabOptions } from '../contract.ts';
import { startKeeper, type Keeper } from '../keeper.ts';
import { withOverrides } from '../default-config.ts';
import { lineOf } from '../daemon.ts';
import { createBases, CA_FILE } from './base.ts';
import { CA_NAME, DIRECTORY_URL, startCa } from './ca.ts';
import { put, remove } from './files.ts';
import { putIdentity, type Member, type Neighbourhood } from './identity.ts';
import { createBridge } from './network.ts';
import { createNode, PATHS } from './node.ts';
import { bindDisk, mountRoot, shareDirectory, type Root } from './roots.ts';
import { putClusterKey } from './suite.ts';
import { hostSystems } from './system.ts';
import { vipsOf } from './vip.ts';

export async function openBooted(options: Required<LabOptions>): Promise<Lab> {
  const keeper = await startKeeper();
  try {
    return await openIn(keeper, options);
  } catch (error) {
    await keeper.close();
    throw error;
  }
}

async function openIn(keeper: Keeper, options: Required<LabOptions>): Promise<Lab> {
  await createBridge(keeper);
  const systems = await hostSystems(keeper, options);
  const { vips, install } = options;
  const caAttachment = {
    name: 'ca',
    number: 2,
    address: '192.168.69.2',
    address6: options.ipv6 ? 'fd69::2' : null,
  };
  const [bases, ca, members] = await Promise.all([
    createBases(keeper, systems.nodes, options),
    startCa(keeper, { attachment: caAttachment, system: systems.ca, vips }),
    Promise.all(Array.from({ length: options.nodes }, (_, index) => member(index, options.ipv6))),
  ]);
  const addresses = Object.fromEntries(members.map(({ name, address }) => [name, address]));
  const defaultConfig = (overrides?: object) => withOverrides({ nodes: addresses, vips }, overrides);
  const key = newKey();
  for (const base of new Set(bases)) {
    await put(base, CA_FILE, ca.certificate);
    await put(base, PATHS.config, defaultConfig());
    if (install) await putClusterKey(keeper, base, key);
  }
  const around = { members, ca: { ...caAttachment, hostName: CA_NAME }, vips };
  const roots = await Promise.all(
    members.map(({ name }, index) => mountRoot(keeper, name, bases[index]?.layers)),
  );
  if (options.sharedFilesystem) {
    for (const path of [PATHS.webroot, `${PATHS.stateDir}/shared`]) await shareDirectory(keeper, roots, path);
  }
  const { disks } = options;
  if (disks !== null) await Promise.all(roots.map((root) => bindDisk(keeper, root, disks)));
  const nodes = await Promise.all(roots.map((root, index) => startNode(keeper, root, index, around)));
  const { holder, move } = vipsOf(keeper, nodes, vips);
  // Running already; one that could not start says why.
  if (install) await Promise.all(nodes.map((node) => node.startService('agent')));
  const [first] = nodes;
  if (first !== undefined) await move(first);
  return {
    kind: 'booted',
    reason: null,
    nodes,
    vips,
    ports: { http: 80, https: 443, agent: 9480 },
    ca: ca.host,
    directoryUrl: DIRECTORY_URL,
    defaultConfig,
    ...clusterOf({ nodes, defaultConfig, keyOwner: 'root:certbot-ha', hasAgents: install }),
    holder,
    moveVip: move,
    restartCa: async (caOptions) => {
      await Promise.all([ca.restart(caOptions), forgetAccounts(roots)]);
    },
    caLog: async () => ca.log(),
    caSays: (pattern, timeoutMs) => lineOf(ca.log, pattern, timeoutMs),
    certbot: (node, args, run) =>
      runCertbot({ directoryUrl: DIRECTORY_URL, caFile: CA_FILE, node }, args, run),
    close: () => keeper.close(),
  };
}

async function member(index: number, ipv6: boolean): Promise<Member> {
  const name = `web${index + 1}`;
  const number = 11 + index;
  return {
    name,
    number,
    address: `192.168.69.${number}`,
    address6: ipv6 ? `fd69::${number}` : null,
    hostKey: await sshKeyPair(`root@${name}`),
  };
}

async function startNode(keeper: Keeper, root: Root, index: number, around: Neighbourhood): Promise<LabNode> {
  const member = around.members[index];
  if (member === undefined) throw new Error(`no node ${index}`);
  await putIdentity(root, index, around);
  const node = createNode(keeper, root, member);
  await node.boot();
  return node;
}

/** A CA that was started anew knows none, and certbot gives up where its own is unknown. */
async function forgetAccounts(roots: readonly Root[]): Promise<void> {
  await Promise.all(roots.map((root) => remove(root, [`${PATHS.letsencrypt}/accounts`])));
}
