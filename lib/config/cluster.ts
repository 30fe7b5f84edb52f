import { hostname, networkInterfaces } from 'node:os';
import { CertbotHaError } from '../errors.ts';
import { isIpAddress, normalAddress } from './address.ts';
import type { ClusterNode, Config } from './config.ts';

/** The cluster as one of its nodes sees it. */
export interface Cluster {
  readonly config: Config;
  readonly self: ClusterNode;
  readonly peers: readonly ClusterNode[];
}

/** What this machine says of itself; a parameter so that a test can be another machine. */
export interface Machine {
  readonly hostname: string;
  readonly addresses: readonly string[];
}

/** This machine's host name and the addresses on its interfaces, as they are now. */
export function thisMachine(): Machine {
  const addresses = Object.values(networkInterfaces()).flatMap((entries) =>
    (entries ?? []).map((entry) => entry.address),
  );
  return { hostname: hostname(), addresses };
}

/**
 * Finds which node this is: CERTBOT_HA_NODE, else `self`, else the node whose address is on a
 * local interface, else the node named like the host.
 * @throws {CertbotHaError} `config`, with what was seen, when that is none or several
 */
export async function findCluster(
  config: Config,
  env: NodeJS.ProcessEnv,
  machine: Machine = thisMachine(),
): Promise<Cluster> {
  const self = named(config, env) ?? (await local(config, machine));
  return { config, self, peers: config.nodes.filter((node) => node !== self) };
}

function named(config: Config, env: NodeJS.ProcessEnv): ClusterNode | undefined {
  const name = env['CERTBOT_HA_NODE'] || config.self;
  if (!name) return undefined;
  const node = config.nodes.find((candidate) => candidate.name === name);
  if (node) return node;
  const names = config.nodes.map((candidate) => candidate.name).join(', ');
  throw new CertbotHaError(
    'config',
    `CERTBOT_HA_NODE: expected one of ${names}, got ${JSON.stringify(name)}`,
  );
}

async function local(config: Config, machine: Machine): Promise<ClusterNode> {
  const own = new Set(machine.addresses.map(normalAddress));
  const isOwn = await Promise.all(
    config.nodes.map(async (node) =>
      (await addressesOf(node)).some((address) => own.has(normalAddress(address))),
    ),
  );
  const byAddress = config.nodes.filter((_, index) => isOwn[index]);
  const short = machine.hostname.split('.')[0];
  const byName = config.nodes.filter((node) => node.name === machine.hostname || node.name === short);
  const found = byAddress.length > 0 ? byAddress : byName;
  const [first, ...more] = found;
  if (first && more.length === 0) return first;

  const list = (nodes: readonly ClusterNode[]) =>
    nodes.map((node) => `${node.name} (${node.address})`).join(', ');
  throw new CertbotHaError(
    'config',
    first
      ? `which node this is cannot be told: the addresses of ${list(found)} are all on this host`
      : `which node this is cannot be told: this host is ${machine.hostname} with ` +
          `${machine.addresses.join(', ') || 'no address'}; the nodes are ${list(config.nodes)}`,
    { hint: `set self in ${config.file}, or CERTBOT_HA_NODE in the environment` },
  );
}

async function addressesOf(node: ClusterNode): Promise<readonly string[]> {
  if (isIpAddress(node.address)) return [node.address];
  // Names are the exception, and a hook starts faster without the resolver.
  const { lookup } = await import('node:dns/promises');
  try {
    return (await lookup(node.address, { all: true })).map((entry) => entry.address);
  } catch {
    // A name that does not resolve now is no evidence of being this host; its probes will tell.
    return [];
  }
}
