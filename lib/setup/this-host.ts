import { CertbotHaError } from '../base/errors.ts';
import { findCluster, type Cluster } from '../cluster/cluster.ts';
import { configOf, type ClusterNode } from '../cluster/config.ts';
import { thisMachine, type Machine } from '../cluster/machine.ts';
import { isIpAddress, normalAddress } from '../net/address.ts';

/** As long as it is looked for which node this is. */
const LOOK_UP_TIMEOUT_MS = 7_000;
const HINT = 'one of the nodes has to be this host; CERTBOT_HA_NODE=NAME in the environment says which';

interface WithSelfOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly machine?: Machine;
}

/**
 * The cluster of a configuration that is not in place yet.
 * @throws {CertbotHaError} `config` where it is wrong, this host none of its nodes, or named as one that it is not
 */
export async function withSelf(
  file: string,
  text: string,
  { env, machine = thisMachine() }: WithSelfOptions,
): Promise<Cluster> {
  const config = configOf(file, text);
  const cluster = await findCluster(config, env, machine).catch((error: unknown) => {
    throw error instanceof CertbotHaError ? hinted(error) : error;
  });
  const isVariable = Boolean(env['CERTBOT_HA_NODE']);
  // What an operator says of this host counts where nothing tells that it is another one. `self` may have come from another host.
  const isSure = !isVariable && config.self !== null;
  if (!isVariable && !isSure) return cluster;
  if (await isThisHost(cluster, machine, isSure)) return cluster;
  const { self } = cluster;
  const found = {
    code: 'node-elsewhere',
    setting: isVariable ? 'CERTBOT_HA_NODE' : `self in ${file}`,
    node: `${self.name} (${self.address})`,
    host: machine.hostname,
    addresses: machine.addresses,
  } as const;
  const hint = isVariable
    ? 'the name of the node that this host is, or no CERTBOT_HA_NODE'
    : 'take self out of the configuration that comes here; CERTBOT_HA_NODE=NAME in the environment says which node this is';
  throw new CertbotHaError('config', found, { hint });
}

/** The file that could say it is not there yet. */
function hinted(error: CertbotHaError): CertbotHaError {
  const code = error.findings[0]?.code;
  if (code !== 'node-unknown' && code !== 'node-ambiguous') return error;
  return new CertbotHaError('config', error.findings, { cause: error, hint: HINT });
}

/** By its addresses, else by its name. @param isSure one of them has to tell */
async function isThisHost(
  { config: { nodes }, self }: Cluster,
  machine: Machine,
  isSure: boolean,
): Promise<boolean> {
  const own = new Set(machine.addresses.map(normalAddress));
  const known = await Promise.all(nodes.map(async (node) => await addressesOf(node, machine)));
  const here = nodes.filter((_, index) => known[index]?.some((address) => own.has(normalAddress(address))));
  if (here.length > 0) return here.includes(self);
  const isCalled = self.name === machine.hostname || self.name === machine.hostname.split('.')[0];
  return isCalled || !isSure;
}

async function addressesOf({ address }: ClusterNode, { lookUp }: Machine): Promise<readonly string[]> {
  if (isIpAddress(address)) return [address];
  return (await lookUp(address, { timeoutMs: LOOK_UP_TIMEOUT_MS })) ?? [];
}
