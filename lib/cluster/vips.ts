import { normalAddress } from '../net/address.ts';
import type { Cluster } from './cluster.ts';
import type { Config } from './config.ts';
import { addressesHere } from './machine.ts';
import type { Target } from './target.ts';

/**
 * The VIPs on this machine's interfaces now. One on the loopback interface does not count: with direct
 * routing or anycast each node has it there, which makes nobody its holder.
 */
export function heldHere(
  { config }: Pick<Cluster, 'config'>,
  addresses: readonly string[] = addressesHere().outward,
): readonly string[] {
  const own = new Set(addresses.map(normalAddress));
  return config.vips.filter((vip) => own.has(normalAddress(vip)));
}

/** Whether who holds a VIP is who renews: while nobody does, nobody renews. */
export function doesHolderRenew({ certificates: { mode, issuer } }: Pick<Config, 'certificates'>): boolean {
  return mode === 'shared' && issuer === 'vip';
}

/** Whether this machine has the VIP on its loopback interface, and on no other. */
export function isOnLoopback(
  { config }: Pick<Cluster, 'config'>,
  vip: string,
  { outward, loopback } = addressesHere(),
): boolean {
  return heldHere({ config }, loopback).includes(vip) && !heldHere({ config }, outward).includes(vip);
}

/** Of these targets those that this machine answers for: self, and every VIP that is on one of its interfaces now. */
export function heldTargets(
  cluster: Cluster,
  targets: readonly Target[],
  addresses?: readonly string[],
): readonly Target[] {
  const held = new Set(heldHere(cluster, addresses));
  return targets.filter(({ kind, isSelf, address }) => isSelf || (kind === 'vip' && held.has(address)));
}
