import type { Socket, TcpNetConnectOpts } from 'node:net';
import { connect as connectTcp } from 'node:net';
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { proxyHeader } from '../net/proxy-protocol.ts';
import { lookupUnder } from '../net/socket-lookup.ts';
import {
  CONNECT_TIMEOUT_MS,
  CUT_OFF,
  explain,
  presentedBy,
  unanswered,
  type Endpoint,
  type Handshake,
  type KeyType,
} from './handshake.ts';
import { askForTls, GOODBYES } from './starttls.ts';
import type { Finding } from '../findings/register.ts';

/** A server chooses among its certificates by these (RFC 8446, section 4.2.3). */
const SIGNATURE_ALGORITHMS: Readonly<Record<KeyType, string>> = {
  ec: 'ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512',
  rsa: 'RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512',
};

const contexts = new Map<KeyType | null, SecureContext>();

/** One for all handshakes: each would else keep its memory until it is collected. */
function contextFor(keyType: KeyType | null): SecureContext {
  const made = contexts.get(keyType);
  if (made !== undefined) return made;
  // Any certificate is welcome, so reading the roots would only cost time.
  const context = createSecureContext({ ca: [], ...(keyType && { sigalgs: SIGNATURE_ALGORITHMS[keyType] }) });
  contexts.set(keyType, context);
  return context;
}

const HANDSHAKE_TIMEOUT_MS = 5_000;

function unfinished({ port }: Endpoint): Handshake {
  const reason: Finding = { code: 'tls-handshake-slow', port, seconds: HANDSHAKE_TIMEOUT_MS / 1000 };
  return { kind: 'unknown', reason, isSilent: false };
}

/** A full TLS handshake on a connection of its own, which accepts any certificate. Rejects for a bug only. */
export async function shakeHands(endpoint: Endpoint, signal: AbortSignal): Promise<Handshake> {
  if (signal.aborted) return CUT_OFF;
  const { starttls } = endpoint;
  const asked = starttls ? await askForTls({ ...endpoint, starttls }, signal) : null;
  if (asked !== null && 'kind' in asked) return asked;
  return await finish(open(endpoint, signal, asked), { endpoint, signal, isConnected: asked !== null });
}

interface Connected {
  readonly endpoint: Endpoint;
  readonly signal: AbortSignal;
  readonly isConnected: boolean;
}

async function finish(socket: TLSSocket, { endpoint, signal, isConnected }: Connected): Promise<Handshake> {
  let isWhole = false;
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise((resolve, reject) => {
      const within = (ms: number, otherwise: Handshake) => {
        clearTimeout(timer);
        timer = setTimeout(() => resolve(otherwise), ms);
      };
      if (isConnected) within(HANDSHAKE_TIMEOUT_MS, unfinished(endpoint));
      else within(CONNECT_TIMEOUT_MS, unanswered(endpoint));
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
    if (!isWhole) socket.destroy();
    else {
      if (endpoint.starttls) socket.write(GOODBYES[endpoint.starttls]);
      socket.destroySoon();
    }
  }
}

function open(
  { address, port, isBehindProxy, servername, keyType }: Endpoint,
  signal: AbortSignal,
  asked: Socket | null,
): TLSSocket {
  // Node.js' own look-up cannot be given up, and would hold the process for minutes.
  const to = { host: address, port, lookup: lookupUnder(signal, CONNECT_TIMEOUT_MS).lookup };
  return connect({
    ...(asked !== null ? { socket: asked } : isBehindProxy ? { socket: greeted(to) } : to),
    ...(servername !== null && { servername }),
    secureContext: contextFor(keyType ?? null),
    rejectUnauthorized: false,
  });
}

/** A connection whose first bytes are the header: this listener is the first. */
function greeted(to: TcpNetConnectOpts): Socket {
  const socket = connectTcp(to);
  return socket.once('connect', () => socket.write(proxyHeader(socket)));
}
