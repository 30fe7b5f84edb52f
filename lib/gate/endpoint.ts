import { isIpAddress } from '../config/address.ts';
import type { Endpoint } from './tls-handshake.ts';

/** A name that can be asked for: a wildcard stands for any label, so one is as good as another. */
export function concreteName(name: string): string {
  return name.replace(/^\*\./, 'certbot-ha-probe.');
}

/** Where and how to ask an address for a certificate's name, which may be a wildcard or an IP address. */
export function endpointFor(
  { address, httpsPort }: { readonly address: string; readonly httpsPort: number },
  name: string,
): Endpoint {
  const host = concreteName(name);
  return { address, port: httpsPort, servername: isIpAddress(host) ? null : host.replace(/\.$/, '') };
}
