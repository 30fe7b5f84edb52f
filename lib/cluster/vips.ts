import { normalAddress } from '../net/address.ts';
import type { Cluster } from './cluster.ts';
import { thisMachine } from './machine.ts';
import { targetsOf, type Target } from './target.ts';

/** The VIPs on this machine's interfaces now. */
export function heldHere(
  { config }: Pick<Cluster, 'config'>,
  addresses: readonly string[] = thisMachine().addresses,
): readonly string[] {
  const own = new Set(addresses.map(normalAddress));
  return config.vips.filter((vip) => own.has(normalAddress(vip)));
}

/** The targets that this machine answers for: self, and every VIP that is on one of its interfaces now. */
export function heldTargets(cluster: Cluster, addresses?: readonly string[]): readonly Target[] {
  const held = new Set(heldHere(cluster, addresses));
  return targetsOf(cluster).filter(
    ({ kind, isSelf, address }) => isSelf || (kind === 'vip' && held.has(address)),
  );
}
