import type { X509Certificate } from 'node:crypto';
import { connect, type TLSSocket } from 'node:tls';
import { explainNetworkError, networkFinding } from '../net/network-error.ts';
import { wordsOf } from '../findings/words.ts';

/** What became of a handshake. */
export type Handshake =
  | { readonly kind: 'certificate'; readonly certificate: X509Certificate }
  /** no certificate is presented there for this name, and that is certain; `isSilent`: nothing listens there */
  | { readonly kind: 'none'; readonly reason: string; readonly isSilent: boolean }
  /** what is presented there could not be seen */
  | { readonly kind: 'unknown'; readonly reason: string; readonly isSilent: boolean };

export interface Endpoint {
  readonly address: string;
  readonly port: number;
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

const UNANSWERED: Handshake = {
  kind: 'unknown',
  reason: 'no answer: the connection timed out',
  isSilent: true,
};
const UNFINISHED: Handshake = {
  kind: 'unknown',
  reason: `connected, but no TLS handshake within ${HANDSHAKE_TIMEOUT_MS / 1000} s`,
  isSilent: false,
};
const CUT_OFF: Handshake = { kind: 'unknown', reason: 'no answer before the time was over', isSilent: true };

/** A full TLS handshake on a connection of its own, which accepts any certificate. Rejects for a bug only. */
export async function shakeHands(endpoint: Endpoint, signal: AbortSignal): Promise<Handshake> {
  if (signal.aborted) return CUT_OFF;
  const socket = open(endpoint);
  let isWhole = false;
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise((resolve, reject) => {
      const within = (ms: number, otherwise: Handshake) => {
        clearTimeout(timer);
        timer = setTimeout(() => resolve(otherwise), ms);
      };
      within(CONNECT_TIMEOUT_MS, UNANSWERED);
      socket.once('connect', () => within(HANDSHAKE_TIMEOUT_MS, UNFINISHED));
      onAbort = () => resolve(CUT_OFF);
      signal.addEventListener('abort', onAbort, { once: true });
      socket.once('secureConnect', () => {
        isWhole = true;
        resolve(presentedBy(socket) ?? UNFINISHED);
      });
      socket.on('error', (error) => {
        const handshake = explain(error, socket);
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

function open({ address, port, servername, keyType }: Endpoint): TLSSocket {
  return connect({
    host: address,
    port,
    ...(servername !== null && { servername }),
    ...(keyType && { sigalgs: SIGNATURE_ALGORITHMS[keyType] }),
    // Any certificate is welcome, so reading the roots would only cost time.
    rejectUnauthorized: false,
    ca: [],
  });
}

function presentedBy(socket: TLSSocket): Handshake | null {
  const certificate = socket.getPeerX509Certificate();
  return certificate ? { kind: 'certificate', certificate } : null;
}

/** How OpenSSL sees an answer that is no TLS record. */
const NO_TLS = /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|RECORD_LAYER_FAILURE)$/;
/** The alerts of servers that have no certificate for a name: nginx, HAProxy, Caddy in this order. */
const REFUSED = /(UNRECOGNIZED_NAME|HANDSHAKE_FAILURE|INTERNAL_ERROR)$/;

function explain(error: Error & { readonly code?: string }, socket: TLSSocket): Handshake | null {
  // A server that wants a client's certificate has shown its own before it gives up.
  const presented = presentedBy(socket);
  if (presented) return presented;
  const code = error.code ?? '';
  if (code === 'ECONNREFUSED') return { kind: 'none', reason: 'connection refused', isSilent: true };
  if (NO_TLS.test(code)) return { kind: 'none', reason: 'does not speak TLS', isSilent: false };
  const alert = code.startsWith('ERR_SSL_') ? REFUSED.exec(code)?.[1] : undefined;
  if (alert !== undefined) {
    const words = alert.toLowerCase().replaceAll('_', ' ');
    return {
      kind: 'none',
      reason: `refuses the handshake for this name (TLS alert: ${words})`,
      isSilent: false,
    };
  }
  const failure = explainNetworkError(error);
  return (
    failure && {
      kind: 'unknown',
      reason: wordsOf(networkFinding(failure, { who: 'node', port: null })),
      isSilent: failure.isSilent,
    }
  );
}
