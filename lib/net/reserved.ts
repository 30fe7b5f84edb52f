import { BlockList, isIP } from 'node:net';
import { normalAddress } from './address.ts';

/** IANA's special-purpose registries: https://www.iana.org/assignments/iana-ipv4-special-registry, and ipv6. */
const RESERVED_IPV4 =
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 ' +
  '192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 ' +
  '198.51.100.0/24 203.0.113.0/24 240.0.0.0/4';
const RESERVED_IPV6 =
  '::/128 ::1/128 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001:db8::/32 ' +
  '2002::/16 2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fe80::/10';

/** Whether a CA on the public internet does not connect to an address. An IPv4 address in IPv6's spelling counts. */
export function isReserved(address: string): boolean {
  const normal = normalAddress(address);
  return normal.startsWith('::ffff:') || reserved().check(normal, isIP(normal) === 6 ? 'ipv6' : 'ipv4');
}

let list: BlockList | undefined;

function reserved(): BlockList {
  if (list !== undefined) return list;
  list = new BlockList();
  for (const [family, subnets] of [
    ['ipv4', RESERVED_IPV4],
    ['ipv6', RESERVED_IPV6],
  ] as const) {
    for (const subnet of subnets.split(' ')) {
      const [network = '', prefix] = subnet.split('/');
      list.addSubnet(network, Number(prefix), family);
    }
  }
  return list;
}
