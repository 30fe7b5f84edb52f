import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { Starttls } from '../cluster/service.ts';
import { explainNetworkError, networkFinding } from '../net/network-error.ts';
import type { Finding, FindingOf } from '../findings/register.ts';

/** Nothing presents a certificate for the name, and that is certain. */
export type NoCertificate = FindingOf<
  'connection-refused' | 'no-tls' | 'tls-refused' | 'starttls-refused' | 'starttls-not-spoken'
>;

/** A certificate as it came. To read all of it takes as long as a fifth of the handshake: most are known by their SHA-256. */
export type Presented = Pick<PeerCertificate, 'raw' | 'fingerprint256'>;

/** What became of a handshake. */
export type Handshake =
  | { readonly kind: 'certificate'; readonly certificate: Presented }
  | { readonly kind: 'none'; readonly reason: NoCertificate; readonly isSilent: boolean }
  /** what is presented there could not be seen */
  | { readonly kind: 'unknown'; readonly reason: Finding; readonly isSilent: boolean };

export interface Endpoint {
  readonly who: 'node' | 'vip' | 'service';
  readonly address: string;
  readonly port: number;
  /** expects a PROXY protocol header; absent: no */
  readonly isBehindProxy?: boolean | undefined;
  /** the name to ask for (RFC 6066, section 3); null asks for none, as for an IP address */
  readonly servername: string | null;
  /** how TLS is asked for in the clear; absent or null: it is TLS from the first byte */
  readonly starttls?: Starttls | null | undefined;
  /** asks for a certificate with a key of this type alone, for servers that have several for a name */
  readonly keyType?: KeyType;
}

export type KeyType = 'ec' | 'rsa';

export const CONNECT_TIMEOUT_MS = 5_000;

export const CUT_OFF: Handshake = { kind: 'unknown', reason: { code: 'no-time-left' }, isSilent: true };

export function unanswered({ who, port }: Endpoint): Handshake {
  const failure = { code: 'connection-timed-out', error: 'ETIMEDOUT' } as const;
  return { kind: 'unknown', reason: networkFinding(failure, { who, port }), isSilent: true };
}

/** Null where no certificate has been shown. */
export function presentedBy(socket: TLSSocket): Handshake | null {
  const certificate = socket.getPeerCertificate();
  // Node.js has an object without fields where there is none, and null where the connection is gone.
  return isPresented(certificate) ? { kind: 'certificate', certificate } : null;
}

function isPresented(certificate: Partial<Presented> | null): certificate is Presented {
  return certificate?.raw !== undefined;
}

/** How OpenSSL sees an answer that is no TLS record. */
const NO_TLS = /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|RECORD_LAYER_FAILURE)$/;
/** The alerts of servers that have no certificate for a name: nginx, HAProxy, Caddy in this order. */
const REFUSED = /(UNRECOGNIZED_NAME|HANDSHAKE_FAILURE|INTERNAL_ERROR)$/;

/** What an error of a connection tells of what is there. Null for a bug. @param socket null before TLS has begun */
export function explain(
  error: Error & { readonly code?: string },
  socket: TLSSocket | null,
  { who, port }: Endpoint,
): Handshake | null {
  // A server that wants a client's certificate has shown its own before it gives up.
  const presented = socket && presentedBy(socket);
  if (presented) return presented;
  const code = error.code ?? '';
  if (code === 'ECONNREFUSED') {
    return { kind: 'none', reason: { code: 'connection-refused', who, port, error: code }, isSilent: true };
  }
  if (NO_TLS.test(code)) return { kind: 'none', reason: { code: 'no-tls', port }, isSilent: false };
  const refused = code.startsWith('ERR_SSL_') ? REFUSED.exec(code)?.[1] : undefined;
  if (refused !== undefined) {
    const alert = refused.toLowerCase().replaceAll('_', ' ');
    return { kind: 'none', reason: { code: 'tls-refused', port, alert }, isSilent: false };
  }
  const failure = explainNetworkError(error);
  if (failure === null) return null;
  return { kind: 'unknown', reason: networkFinding(failure, { who, port }), isSilent: failure.isSilent };
}
