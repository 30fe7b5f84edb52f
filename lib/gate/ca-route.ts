import type { LookupFunction } from 'node:net';
import type { Dispatcher } from 'undici';
import type { Target } from '../cluster/target.ts';
import { isIpAddress, isIpv6, normalAddress } from '../net/address.ts';
import { createConnector, type Connector, type Pin } from '../net/connector.ts';
import { proxyHeader } from '../net/proxy-protocol.ts';
import { Client } from '../net/undici.ts';
import { bareHost } from './redirect.ts';

/** How one request gets there. */
export interface Route {
  readonly dispatcher: Dispatcher;
  /** for a client of another kind */
  readonly connect: Connector['connect'];
}

/** How the requests of one look reach what they ask for. */
export interface Routes {
  /** Rejects with a network's error for a name that does not resolve. */
  readonly to: (url: URL) => Promise<Route>;
  /** Ends what is still under way. */
  readonly close: () => Promise<void>;
}

/** Resolves a name that a redirect leads to; null when that took too long. */
export type Resolve = (name: string, signal: AbortSignal) => Promise<readonly string[] | null>;

export interface Surroundings {
  /** hosts for which each target stands, as a URL has them: those of the batch */
  readonly hosts: ReadonlySet<string>;
  /** whoever asks there is answered by one node today and by another tomorrow */
  readonly vips: readonly string[];
  readonly resolve: Resolve;
}

interface RouteOptions extends Surroundings {
  readonly target: Target;
  readonly signal: AbortSignal;
  /** of the target's own address, where that is a name: Node.js' look-up cannot be given up, and would hold the process */
  readonly lookup: LookupFunction;
  /** called as soon as the target has accepted a connection */
  readonly onContact?: (() => void) | undefined;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** Let's Encrypt's own limit for one fetch, redirects included; in milliseconds. */
export const FETCH_TIMEOUT_MS = 10_000;
/** Go's. */
export const MAX_HEADER_BYTES = 10_485_760;
// Where a redirect leads to https, the CA does not verify the certificate either.
const TLS = {
  rejectUnauthorized: false,
  ca: [],
  minVersion: 'TLSv1.2' as const,
  timeout: CONNECT_TIMEOUT_MS,
};
const LIMITS = {
  headersTimeout: FETCH_TIMEOUT_MS,
  bodyTimeout: FETCH_TIMEOUT_MS,
  maxHeaderSize: MAX_HEADER_BYTES,
  // Asks for a connection of its own for every request, as the CA makes one.
  pipelining: 0,
};

/**
 * A redirect to a name of the batch, or to one that leads to a VIP or to the target, is followed at the target: the CA
 * comes to each node by that name, when that node holds the VIP. All others are followed to where they lead.
 */
export function createRoutes({
  target,
  hosts,
  vips,
  resolve,
  signal,
  lookup,
  onContact,
}: RouteOptions): Routes {
  const opened: { readonly client: Client; readonly connector: Connector }[] = [];
  const routeTo = ({ origin }: URL, pin: Pin): Route => {
    const connector = createConnector({ ...TLS, lookup }, pin);
    const { connect } = connector;
    const client = new Client(origin, { ...LIMITS, connect });
    opened.push({ client, connector });
    return { dispatcher: client, connect };
  };

  const atTarget: Pin = {
    address: target.address,
    portOf: (port) => ({ 80: target.httpPort, 443: target.httpsPort })[port] ?? port,
    ...(target.isBehindProxy && { greeting: proxyHeader }),
    ...(onContact && { onConnect: onContact }),
  };
  const here = new Set([...vips, target.address].map(normalAddress));

  return {
    to: async (url) => {
      if (hosts.has(url.hostname)) return routeTo(url, atTarget);
      const bare = bareHost(url);
      const addresses = isIpAddress(bare) ? [bare] : await resolve(bare, signal);
      if (addresses?.some((address) => here.has(normalAddress(address)))) return routeTo(url, atTarget);
      // The CA asks by IPv6 where there is a choice. A host without IPv6 is not told of such addresses.
      const address = addresses?.find(isIpv6) ?? addresses?.[0];
      if (address !== undefined) return routeTo(url, { address });
      throw Object.assign(new Error(`${bare}: no address`), { code: addresses ? 'ENOTFOUND' : 'EAI_AGAIN' });
    },
    close: async () => {
      await Promise.all(opened.map(async ({ client }) => await client.destroy()));
      for (const { connector } of opened) connector.giveUp();
    },
  };
}
