import type { Socket } from 'node:net';
import { isIpv6 } from './address.ts';

/**
 * The header of the PROXY protocol, version 1, which every server that expects one reads:
 * https://www.haproxy.org/download/1.8/doc/proxy-protocol.txt. The client that it names is this host.
 */
export function proxyHeader({
  localAddress = '',
  localPort,
  remoteAddress = '',
  remotePort,
}: Socket): string {
  const [from, to] = [localAddress, remoteAddress].map((address) => address.replace(/%.*$/, ''));
  const family = isIpv6(remoteAddress) ? 'TCP6' : 'TCP4';
  return `PROXY ${family} ${from} ${to} ${localPort} ${remotePort}\r\n`;
}
