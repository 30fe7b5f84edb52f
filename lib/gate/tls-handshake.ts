import type { X509Certificate } from 'node:crypto';
import { connect as connectTcp, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { proxyHeader } from '../net/proxy-protocol.ts';
import { explainNetworkError, networkFinding } from '../net/network-error.ts';
import { lookupUnder } from '../net/socket-lookup.ts';
import type { Finding, FindingOf } from '../findings/register.ts';

/** Nothing presents a certificate for the name, and that is certain. */
export type NoCertificate = FindingOf<'connection-refused' | 'no-tls' | 'tls-refused'>;

/** What became of a handshake. */
export type Handshake =
  | { readonly kind: 'certificate'; readonly certificate: X509Certificate }
  | { readonly kind: 'none'; readonly reason: NoCertificate; readonly isSilent: boolean }
  /** what is presented there could not be seen */
  | { readonly kind: 'unknown'; readonly reason: Finding; readonly isSilent: boolean };

export interface Endpoint {
  readonly who: 'node' | 'vip';
  readonly address: string;
  readonly port: number;
  /** expects a PROXY protocol header; absent: no */
  readonly isBehindProxy?: boolean | undefined;
  /** the name to ask for (RFC 6066, section 3); null asks for none, as for an IP address */
  readonly servername: string | null;
  /** asks for a certificate with a key of this type alone, for servers that have several for a name */
  readonly keyType?: KeyType;
}

export type KeyType = 'ec' | 'rsa';

/** A server chooses among its certificates by these (RFC 8446, section 4.2.3). */
const SIGNATURE_ALGORITHMS: Readonly<Record<KeyType, string>> = {
  ec: 'ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512',
  rsa: 'RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512',
};

const CONNECT_TIMEOUT_MS = 5_000;
const HANDSHAKE_TIMEOUT_MS = 5_000;

const CUT_OFF: Handshake = { kind: 'unknown', reason: { code: 'no-time-left' }, isSilent: true };

function unanswered({ who, port }: Endpoint): Handshake {
  const failure = { code: 'connection-timed-out', error: 'ETIMEDOUT' } as const;
  return { kind: 'unknown', reason: networkFinding(failure, { who, port }), isSilent: true };
}

function unfinished({ port }: Endpoint): Handshake {
  const reason: Finding = { code: 'tls-handshake-slow', port, seconds: HANDSHAKE_TIMEOUT_MS / 1000 };
  return { kind: 'unknown', reason, isSilent: false };
}

/** A full TLS handshake on a connection of its own, which accepts any certificate. Rejects for a bug only. */
export async function shakeHands(endpoint: Endpoint, signal: AbortSignal): Promise<Handshake> {
  if (signal.aborted) return CUT_OFF;
  const socket = open(endpoint, signal);
  let isWhole = false;
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise((resolve, reject) => {
      const within = (ms: number, otherwise: Handshake) => {
        clearTimeout(timer);
        timer = setTimeout(() => resolve(otherwise), ms);
      };
      within(CONNECT_TIMEOUT_MS, unanswered(endpoint));
      socket.once('connect', () => within(HANDSHAKE_TIMEOUT_MS, unfinished(endpoint)));
      onAbort = () => resolve(CUT_OFF);
      signal.addEventListener('abort', onAbort, { once: true });
      socket.once('secureConnect', () => {
        isWhole = true;
        resolve(presentedBy(socket) ?? unfinished(endpoint));
      });
      socket.on('error', (error) => {
        const handshake = explain(error, socket, endpoint);
        if (handshake) resolve(handshake);
        else reject(error);
      });
    });
  } finally {
    clearTimeout(timer);
    if (onAbort) signal.removeEventListener('abort', onAbort);
    // The end of a whole handshake still has to reach the server, or it would log a broken one.
    if (isWhole) socket.destroySoon();
    else socket.destroy();
  }
}

function open(
  { address, port, isBehindProxy, servername, keyType }: Endpoint,
  signal: AbortSignal,
): TLSSocket {
  // Node.js' own look-up cannot be given up, and would hold the process for minutes.
  const to = { host: address, port, lookup: lookupUnder(signal, CONNECT_TIMEOUT_MS) };
  return connect({
    ...(isBehindProxy ? { socket: greeted(to) } : to),
    ...(servername !== null && { servername }),
    ...(keyType && { sigalgs: SIGNATURE_ALGORITHMS[keyType] }),
    // Any certificate is welcome, so reading the roots would only cost time.
    rejectUnauthorized: false,
    ca: [],
  });
}

/** A connection whose first bytes are the header: this listener is the first. */
function greeted(to: TcpNetConnectOpts): Socket {
  const socket = connectTcp(to);
  return socket.once('connect', () => socket.write(proxyHeader(socket)));
}

function presentedBy(socket: TLSSocket): Handshake | null {
  const certificate = socket.getPeerX509Certificate();
  return certificate ? { kind: 'certificate', certificate } : null;
}

/** How OpenSSL sees an answer that is no TLS record. */
const NO_TLS = /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|RECORD_LAYER_FAILURE)$/;
/** The alerts of servers that have no certificate for a name: nginx, HAProxy, Caddy in this order. */
const REFUSED = /(UNRECOGNIZED_NAME|HANDSHAKE_FAILURE|INTERNAL_ERROR)$/;

function explain(
  error: Error & { readonly code?: string },
  socket: TLSSocket,
  { who, port }: Endpoint,
): Handshake | null {
  // A server that wants a client's certificate has shown its own before it gives up.
  const presented = presentedBy(socket);
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
