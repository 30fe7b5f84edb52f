import { hostname, networkInterfaces, type NetworkInterfaceInfo } from 'node:os';
import type { LookUp } from '../net/resolve.ts';

/** What this machine says of itself; a parameter so that a test can be another machine. */
export interface Machine {
  readonly hostname: string;
  readonly addresses: readonly string[];
  readonly lookUp: LookUp;
}

/** This machine's host name and the addresses on its interfaces, as they are now. */
export function thisMachine(): Machine {
  const addresses = interfaces().map(({ address }) => address);
  return { hostname: hostname(), addresses, lookUp: lookUpHere };
}

/** The addresses on a machine's interfaces: those that others reach it by, and those on the loopback interface. */
export type AddressesHere = Readonly<Record<'outward' | 'loopback', readonly string[]>>;

/** Those of this machine, as they are now. */
export function addressesHere(): AddressesHere {
  const those = (isLoopback: boolean) =>
    interfaces().flatMap(({ address, internal }) => (internal === isLoopback ? [address] : []));
  return { outward: those(false), loopback: those(true) };
}

function interfaces(): readonly NetworkInterfaceInfo[] {
  return Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
}

const lookUpHere: LookUp = async (...given) => {
  // Names are the exception, and a hook starts faster without what starts programs.
  const { lookUp } = await import('../net/resolve.ts');
  return await lookUp(...given);
};
