import { CertbotHaError } from '../base/errors.ts';
import { isIpAddress, isLoopback, normalAddress } from '../net/address.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterNode } from './config.ts';
import { addressesHere, thisMachine } from './machine.ts';

const LOOK_UP_TIMEOUT_MS = 7_000;

/**
 * The address at which the peers reach this node's agent. A name is looked up; where that tells nothing, it is the name, and whoever
 * listens says why it cannot.
 * @throws {CertbotHaError} `config` for an address of the loopback interface
 */
export async function channelAddressOf({ self, peers }: Pick<Cluster, 'self' | 'peers'>): Promise<string> {
  return isIpAddress(self.address)
    ? reachable(self, peers)
    : await addressOf(self.address, peers.length === 0);
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
  if (first === undefined) return name;
  const here = new Set(addressesHere().outward.map(normalAddress));
  const outward = [first, ...more].filter((address) => isAlone || !isLoopback(address));
  const found = outward.find((address) => here.has(normalAddress(address))) ?? outward[0];
  if (found !== undefined) return found;
  throw new CertbotHaError('config', { code: 'name-on-loopback', name, addresses: [first, ...more] });
}
