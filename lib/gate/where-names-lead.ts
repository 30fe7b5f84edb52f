import type { Config } from '../cluster/config.ts';
import type { Finding } from '../findings/register.ts';
import { isIpAddress, isIpv6, normalAddress } from '../net/address.ts';
import { publicAddresses } from '../net/public-addresses.ts';
import { mayBePublic } from '../net/public-name.ts';
import { isInterrupted } from '../system/deadline.ts';

/** The addresses of a name, null where it could not be asked for in time. */
type Addresses = (name: string) => Promise<readonly string[] | null>;

const TIMEOUT_MS = 3_000;

/**
 * What the CA will see of names that no probe does, since each is pinned to an address: those that lead to another place
 * than the cluster. Never rejects for what DNS does.
 */
export async function whereNamesLead(
  { nodes, vips }: Pick<Config, 'nodes' | 'vips'>,
  names: readonly string[],
  signal: AbortSignal,
  addressesOf: Addresses = async (name) => await publicAddresses(name, { timeoutMs: TIMEOUT_MS, signal }),
): Promise<readonly Finding[]> {
  const find: Addresses = async (name) => (isIpAddress(name) ? [name] : await addressesOf(name));
  const places = [...new Set([...nodes.map(({ address }) => address), ...vips])];
  const own = await Promise.all(places.map(async (place) => ({ place, addresses: await find(place) })));
  const known = new Set(own.flatMap(({ addresses }) => addresses ?? []).map(normalAddress));
  // Where a node is nobody knows then, and what leads there would be taken for what leads elsewhere.
  const unknown = own.find(({ addresses }) => addresses === null);
  const seen = await Promise.all(
    names.map(async (name) => {
      const found = findingsOf(name, await find(name), known);
      return unknown === undefined ? found : found.filter(({ code }) => !ELSEWHERE.has(code));
    }),
  );
  if (isInterrupted(signal)) return [];
  return [...(unknown === undefined ? [] : [notLookedUp(unknown.place)]), ...seen.flat()];
}

const ELSEWHERE: ReadonlySet<Finding['code']> = new Set(['aaaa-leads-elsewhere', 'name-leads-elsewhere']);

function notLookedUp(name: string): Finding {
  return { code: 'name-not-looked-up', name, seconds: TIMEOUT_MS / 1000 };
}

function findingsOf(
  name: string,
  addresses: readonly string[] | null,
  known: ReadonlySet<string>,
): readonly Finding[] {
  if (addresses === null) return [notLookedUp(name)];
  if (addresses.length === 0) {
    // The CA of a name that public DNS does not know has a DNS of its own.
    return mayBePublic(name) ? [{ code: 'name-without-address', name }] : [];
  }
  const others = addresses.filter((address) => !known.has(normalAddress(address)));
  const ipv6 = others.filter(isIpv6);
  const ipv4 = others.filter((address) => !isIpv6(address));
  return [
    ...(ipv6.length > 0 ? [{ code: 'aaaa-leads-elsewhere' as const, name, addresses: ipv6 }] : []),
    ...(ipv4.length > 0 ? [{ code: 'name-leads-elsewhere' as const, name, addresses: ipv4 }] : []),
  ];
}
