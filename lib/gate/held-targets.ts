import { normalAddress } from '../config/address.ts';
import { thisMachine, type Cluster } from '../config/cluster.ts';
import { targetsOf, type Target } from './target.ts';

/** The targets that this machine answers for: self, and every VIP that is on one of its interfaces now. */
export function heldTargets(
  cluster: Cluster,
  addresses: readonly string[] = thisMachine().addresses,
): readonly Target[] {
  const own = new Set(addresses.map(normalAddress));
  return targetsOf(cluster).filter(
    ({ kind, isSelf, address }) => isSelf || (kind === 'vip' && own.has(normalAddress(address))),
  );
}
