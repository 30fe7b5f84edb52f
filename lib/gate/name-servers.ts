import type { Target } from '../cluster/target.ts';
import type { Link, Zone } from '../dns/zones.ts';
import { normalAddress } from '../net/address.ts';
import { hasRouteTo } from '../net/name-server.ts';

/**
 * Every address of every server of these zones, in the zones' order, once for each zone: what it does for one says nothing of
 * another. An address that this host has no way to is there, and is not looked at. A server without an address stands for
 * what its name may have: see `nameServerProbe`.
 */
export async function nameServersOf(zones: readonly (Zone | Link)[]): Promise<readonly Target[]> {
  const found = new Map<string, Found>();
  for (const { zone, servers } of zones)
    for (const { name, addresses, unresolved } of servers)
      for (const address of addresses.length > 0 && !unresolved ? addresses : [...addresses, ''])
        found.set(`${zone} ${address === '' ? name : normalAddress(address)}`, {
          zone,
          name,
          address,
          isResolved: !unresolved,
        });
  const isShown = new Set(zones.map(({ zone }) => zone)).size > 1;
  return await Promise.all([...found.values()].map(async (one) => await targetOf(one, isShown)));
}

interface Found extends Pick<Target, 'name' | 'address'> {
  readonly zone: string;
  readonly isResolved: boolean;
}

async function targetOf(found: Found, isShown: boolean): Promise<Target> {
  const unprobed = await whyUnprobed(found);
  return {
    ...nameServer(found.name, found.address),
    zones: [found.zone],
    ...(isShown && { shownZone: found.zone }),
    ...(unprobed !== undefined && { unprobed }),
  };
}

async function whyUnprobed({ address, isResolved }: Found): Promise<Target['unprobed']> {
  if (address === '') return isResolved ? 'name-server-without-address' : undefined;
  return (await hasRouteTo(address)) ? undefined : 'name-server-unroutable';
}

/** A line of a report that is about a name server, or about a name that none was found for. @param address empty: none is known */
export function nameServer(name: string, address: string): Target {
  return {
    kind: 'name-server',
    name,
    address,
    httpPort: 0,
    httpsPort: 0,
    isSelf: false,
    isDrained: false,
    node: null,
  };
}
