import { CertbotHaError } from '../base/errors.ts';
import { thisMachine, type Machine } from './machine.ts';
import { isIpAddress, normalAddress } from '../net/address.ts';
import type { ClusterNode, Config } from './config.ts';
import type { Finding } from '../findings/register.ts';

/** The cluster as one of its nodes sees it. */
export interface Cluster {
  readonly config: Config;
  readonly self: ClusterNode;
  readonly peers: readonly ClusterNode[];
}

/** Longer than the 5 s after which the system's resolver turns to its second name server. */
const LOOK_UP_TIMEOUT_MS = 7_000;

/**
 * Finds which node this is: CERTBOT_HA_NODE, else `self`, else the node whose address is on a
 * local interface, else the node named like the host. Takes some seconds at the most, whatever the resolver does.
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
  const expected = `one of ${config.nodes.map((candidate) => candidate.name).join(', ')}`;
  throw new CertbotHaError('config', {
    code: 'variable-invalid',
    name: 'CERTBOT_HA_NODE',
    expected,
    got: name,
  });
}

async function local(config: Config, machine: Machine): Promise<ClusterNode> {
  const own = new Set(machine.addresses.map(normalAddress));
  const known = await Promise.all(config.nodes.map(async (node) => await addressesOf(node, machine)));
  const byAddress = config.nodes.filter((_, index) =>
    known[index]?.some((address) => own.has(normalAddress(address))),
  );
  const short = machine.hostname.split('.')[0];
  const byName = config.nodes.filter((node) => node.name === machine.hostname || node.name === short);
  const found = byAddress.length > 0 ? byAddress : byName;
  const [first, ...more] = found;
  if (first && more.length === 0) return first;

  const late = config.nodes.filter((_, index) => known[index] === null);
  throw new CertbotHaError('config', whyUnknown(config, machine, { found, late }), {
    hint: `set self in ${config.file}, or CERTBOT_HA_NODE in the environment`,
  });
}

function whyUnknown(
  config: Config,
  { hostname: host, addresses }: Machine,
  { found, late }: Readonly<Record<'found' | 'late', readonly ClusterNode[]>>,
): Finding {
  const list = (nodes: readonly ClusterNode[]) => nodes.map(({ name, address }) => `${name} (${address})`);
  if (found.length > 0) return { code: 'node-ambiguous', nodes: list(found) };
  return {
    code: 'node-unknown',
    host,
    addresses,
    nodes: list(config.nodes),
    unresolved: late.map(({ address }) => address),
    seconds: LOOK_UP_TIMEOUT_MS / 1000,
  };
}

/** Null when it was not told in time. A name without an address is no evidence of being this host; its probes will tell. */
async function addressesOf(node: ClusterNode, { lookUp }: Machine): Promise<readonly string[] | null> {
  if (isIpAddress(node.address)) return [node.address];
  return await lookUp(node.address, { timeoutMs: LOOK_UP_TIMEOUT_MS });
}
