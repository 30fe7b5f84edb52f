import type { Finding } from '../findings/register.ts';
import { isIpAddress, normalAddress } from '../net/address.ts';
import { every, statementsByLines, type Statement } from '../webserver/blocks.ts';
import { readKeepalivedLines } from './keepalived-lines.ts';
import type { Reader } from './reader.ts';

/** What a `vrrp_instance` says of the cluster. */
export interface VrrpInstance {
  readonly interfaces: readonly string[];
  /** addresses of this node, or of several where the file is the same on all */
  readonly sources: readonly string[];
  /** addresses of the other nodes; none with multicast */
  readonly peers: readonly string[];
  readonly vips: readonly string[];
}

export interface Keepalived {
  readonly instances: readonly VrrpInstance[];
  readonly unreadable: readonly Finding[];
}

const INSTANCE = 'vrrp_instance';
/** In the lines of addresses: what takes the next word, which may look like one. */
const WITH_VALUE: ReadonlySet<string | undefined> = new Set(
  'brd broadcast dev label scope peer preferred_lft min_ttl max_ttl'.split(' '),
);

/** What keepalived is told, for a host with this name; no instance where there is no such file. */
export async function readKeepalived(
  file: string,
  { hostname, reader }: { readonly hostname: string; readonly reader: Reader },
): Promise<Keepalived> {
  const [id = ''] = hostname.split('.');
  const { lines, unreadable } = await readKeepalivedLines(file, { id, reader });
  return { instances: instancesIn(lines), unreadable };
}

function instancesIn(lines: readonly string[]): readonly VrrpInstance[] {
  const instances: VrrpInstance[] = [];
  for (const { words, block } of every(statementsByLines(lines.join('\n')))) {
    if (words[0] === INSTANCE && block !== null) instances.push(instanceOf(block));
  }
  return instances;
}

/** @param block one that stands in there, where a brace is missing, has what is its own */
function instanceOf(block: readonly Statement[]): VrrpInstance {
  const inside = [...every(block, ({ words }) => words[0] !== INSTANCE)];
  const valuesOf = (...keywords: readonly string[]) =>
    inside.flatMap(({ words: [keyword = '', value] }) =>
      keywords.includes(keyword) && value !== undefined ? [value] : [],
    );
  const addressesIn = (...keywords: readonly string[]) =>
    unique(
      inside
        .filter(({ words: [keyword = ''] }) => keywords.includes(keyword))
        .flatMap(({ block: entries }) => (entries ?? []).flatMap(({ words }) => addressesOf(words))),
    );
  return {
    interfaces: valuesOf('interface'),
    sources: valuesOf('unicast_src_ip', 'mcast_src_ip').filter(isIpAddress),
    peers: addressesIn('unicast_peer'),
    vips: addressesIn('virtual_ipaddress', 'virtual_ipaddress_excluded'),
  };
}

/** `192.0.2.10/24 brd 192.0.2.255 dev eth0` is one. */
function addressesOf(words: readonly string[]): readonly string[] {
  return words
    .filter((_, index) => !WITH_VALUE.has(words[index - 1]))
    .map((word) => word.replace(/\/.*$/, ''))
    .filter(isIpAddress);
}

/** The first spelling of each. */
export function unique(addresses: readonly string[]): readonly string[] {
  const first = new Map<string, string>();
  for (const address of addresses) {
    const known = normalAddress(address);
    if (!first.has(known)) first.set(known, address);
  }
  return [...first.values()];
}
