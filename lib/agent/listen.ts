import { CertbotHaError, hasErrorCode } from '../base/errors.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { addressesHere, thisMachine } from '../cluster/machine.ts';
import { isIpAddress, isLoopback, normalAddress } from '../net/address.ts';
import type { AgentApp } from './app.ts';

const LOOK_UP_TIMEOUT_MS = 7_000;

const LISTENING: Readonly<Record<string, 'port-taken' | 'address-not-here' | 'listening-not-allowed'>> = {
  EADDRINUSE: 'port-taken',
  EADDRNOTAVAIL: 'address-not-here',
  EACCES: 'listening-not-allowed',
};

/**
 * Listens where the peers reach this node.
 * @returns the address
 * @throws {CertbotHaError} `config` for an address of the loopback interface, `failed` where it cannot listen
 */
export async function listen(
  app: AgentApp,
  { self, peers }: Pick<Cluster, 'self' | 'peers'>,
): Promise<string> {
  const address = isIpAddress(self.address)
    ? reachable(self, peers)
    : await addressOf(self.address, peers.length === 0);
  try {
    await app.listen({ host: address, port: self.agentPort });
    return address;
  } catch (error) {
    if (!hasErrorCode(error, 'EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'ENOTFOUND', 'EAI_AGAIN')) throw error;
    const found = {
      code: LISTENING[error.code] ?? 'cannot-listen',
      address,
      port: self.agentPort,
      error: error.code,
    } as const;
    const hint = 'agent.port, or agentPort of the node, names another port';
    throw new CertbotHaError('failed', found, { cause: error, hint });
  }
}

/** A whole cluster may be on the loopback interface, as when somebody tries it out. */
function reachable({ name, address }: ClusterNode, peers: readonly ClusterNode[]): string {
  const isElsewhere = peers.some((peer) => !isIpAddress(peer.address) || !isLoopback(peer.address));
  if (!isLoopback(address) || !isElsewhere) return address;
  throw new CertbotHaError('config', { code: 'address-on-loopback', node: name, address });
}

/** Of a host's own name Debian's installer writes 127.0.1.1 into /etc/hosts, where no peer reaches it. */
async function addressOf(name: string, isAlone: boolean): Promise<string> {
  const known = await thisMachine().lookUp(name, { timeoutMs: LOOK_UP_TIMEOUT_MS });
  const [first, ...more] = known ?? [];
  if (first === undefined) return name; // whoever listens says why
  const here = new Set(addressesHere().outward.map(normalAddress));
  const outward = [first, ...more].filter((address) => isAlone || !isLoopback(address));
  const found = outward.find((address) => here.has(normalAddress(address))) ?? outward[0];
  if (found !== undefined) return found;
  throw new CertbotHaError('config', { code: 'name-on-loopback', name, addresses: [first, ...more] });
}
