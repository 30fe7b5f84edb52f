import type { ClusterNode } from '../cluster/config.ts';
import type { Finding } from '../findings/register.ts';
import { normalAddress } from '../net/address.ts';

/** Which VIPs a node says to hold. */
export interface Holding {
  readonly node: ClusterNode;
  readonly heldVips: readonly string[];
}

/** The nodes that say to hold a VIP, in whatever spelling: one, unless keepalived is in trouble or the VIP is just moving. */
export function holdersAmong(holdings: readonly Holding[], vip: string): readonly ClusterNode[] {
  const holds = ({ heldVips }: Holding) =>
    heldVips.some((held) => normalAddress(held) === normalAddress(vip));
  return holdings.filter(holds).map(({ node }) => node);
}

/** What is odd about who holds the VIPs: two hold one or, where nobody is missing, none does. */
export function oddHolders(
  vips: readonly string[],
  holdings: readonly Holding[],
  isEverybody: boolean,
): readonly Finding[] {
  return vips.flatMap((address) => {
    const holders = holdersAmong(holdings, address).map(({ name }) => name);
    return holders.length > 0 || isEverybody ? oddlyHeld({ address, holders }) : [];
  });
}

/** What is odd about one VIP with these holders, by their names: nothing where it is one. */
export function oddlyHeld({
  address,
  holders,
}: {
  readonly address: string;
  readonly holders: readonly string[];
}): readonly Finding[] {
  if (holders.length === 0) return [{ code: 'vip-without-holder', address }];
  return holders.length === 1 ? [] : [{ code: 'vip-held-twice', address, nodes: holders }];
}
