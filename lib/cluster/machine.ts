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

/** An address that others reach this machine by. */
export interface InterfaceAddress {
  readonly address: string;
  /** with the length of its network's prefix, such as `192.0.2.11/24`; null: not known */
  readonly cidr: string | null;
  /** such as `eth0` */
  readonly interface: string;
}

/** Those of this machine, as they are now. */
export function interfacesHere(): readonly InterfaceAddress[] {
  return interfaces().filter(({ internal }) => !internal);
}

function interfaces(): readonly (NetworkInterfaceInfo & Pick<InterfaceAddress, 'interface'>)[] {
  return Object.entries(networkInterfaces()).flatMap(([name, entries]) =>
    (entries ?? []).map((entry) => ({ ...entry, interface: name })),
  );
}

const lookUpHere: LookUp = async (...given) => {
  // Names are the exception, and a hook starts faster without what starts programs.
  const { lookUp } = await import('../net/resolve.ts');
  return await lookUp(...given);
};
