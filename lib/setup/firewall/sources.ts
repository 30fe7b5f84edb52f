import { abilitiesOf } from '../../cluster/abilities.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { isIpAddress, isIpv6, normalAddress } from '../../net/address.ts';
import type { LookUp } from '../../net/resolve.ts';

/** A peer, with the addresses that it may connect from. */
export interface Source {
  readonly node: string;
  /** as the configuration has it: an address, or a name */
  readonly configured: string;
  /** none: the name leads to none now */
  readonly addresses: readonly string[];
}

/** Who is to reach which port of this node. */
export interface Access {
  readonly port: number;
  /** all other nodes, the drained ones among them: they come back */
  readonly sources: readonly Source[];
}

/** The family of an address, by the word that nftables and firewalld's rules begin with. */
export type Family = 'ip' | 'ip6';

export const LOOK_UP_TIMEOUT_MS = 7_000;

/** Without sources where no agent listens: the transport is another. */
export async function accessOf(
  { config, self, peers }: Cluster,
  lookUp: LookUp,
  signal: AbortSignal,
): Promise<Access> {
  if (!abilitiesOf(config).hasAgents) return { port: self.agentPort, sources: [] };
  const sources = await Promise.all(
    peers.map(async ({ name: node, address: configured }) => {
      const found = isIpAddress(configured)
        ? [configured]
        : await lookUp(configured, { timeoutMs: LOOK_UP_TIMEOUT_MS, signal });
      return { node, configured, addresses: [...new Set((found ?? []).map(fromAddress))] };
    }),
  );
  return { port: self.agentPort, sources };
}

/** As packets have it: a peer with an IPv4-mapped IPv6 address comes by IPv4. */
function fromAddress(address: string): string {
  const normal = normalAddress(address);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(normal) ?? [];
  if (high === undefined || low === undefined) return normal;
  return [high, low]
    .map((part) => Number.parseInt(part, 16))
    .flatMap((part) => [Math.floor(part / 256), part % 256])
    .join('.');
}

/** The addresses of one family, each once, in an order that does not depend on the configuration's. */
export function addressesOf({ sources }: Access, family: Family): readonly string[] {
  const all = sources.flatMap(({ addresses }) => addresses).filter((address) => familyOf(address) === family);
  return [...new Set(all)].toSorted();
}

export function familyOf(address: string): Family {
  return isIpv6(address) ? 'ip6' : 'ip';
}

/** What everything begins with that is ours. */
export const OURS = '# certbot-ha: ';

/** Comments that say what rules are for, and what has to be known of them. */
export function comments({ port, sources }: Access): readonly string[] {
  const named = sources.filter(({ configured, addresses }) => addresses[0] !== normalAddress(configured));
  return [
    `${OURS}lets the other nodes reach the agent of this node on TCP port ${port}; closes it to nobody`,
    ...sources.map(
      ({ node, addresses }) => `#   ${node}: ${addresses.join(' ') || 'no address found: it is left out'}`,
    ),
    ...named.map(
      ({ configured }) => `# ${configured} was resolved now: run this again when its addresses change`,
    ),
    '# a node connects from its own address, not from a VIP; NAT and routes with another src are yours to add',
  ];
}

/** Commands as they are pasted: the first that fails ends them, and not the reader's shell. */
export function pasted(commands: readonly string[]): readonly string[] {
  return commands.length === 0 ? [] : ['(', 'set -eu', ...commands, ')'];
}
