import { normalAddress } from '../net/address.ts';
import { thisMachine } from './machine.ts';
import { type Cluster } from './cluster.ts';
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

/** The VIPs on this machine's interfaces now. */
export function heldHere({ config }: Cluster): readonly string[] {
  const own = new Set(thisMachine().addresses.map(normalAddress));
  return config.vips.filter((vip) => own.has(normalAddress(vip)));
}
