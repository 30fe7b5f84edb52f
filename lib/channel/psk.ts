import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, type TLSSocket } from 'node:tls';
import type { ClusterKeys } from './key-file.ts';

// TLS 1.3 with an external pre-shared key (RFC 8446, section 2.2); Node.js offers psk_dhe_ke only,
// so every connection has forward secrecy. The suite's hash has to be SHA-256, the one OpenSSL
// takes for a key given without a suite. An empty `ca` keeps Node.js from loading the certificates of
// all public authorities, which no one is asked for here and which take longer than the rest of a hook.
const TLS = {
  ciphers: 'TLS_AES_128_GCM_SHA256',
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  ca: [] as string[],
} as const;

/**
 * The PSK identity is `NODE` or `NODE#KEYID`. A server can try one key only for an identity, so the
 * client says which of the keys in its file it used; without a key id the server takes its first.
 */
function identityOf(node: string, key: Buffer): string {
  return `${node}#${keyId(key)}`;
}

/** Tells keys of one file apart; 32 bits of a hash of 256 random bits give nothing away. */
function keyId(key: Buffer): string {
  return createHash('sha256').update('certbot-ha key id').update(key).digest('hex').slice(0, 8);
}

/** TLS options of the side that connects. */
export function clientTls(node: string, keys: ClusterKeys) {
  return {
    ...TLS,
    // One for all connections: to make one takes a tenth of a handshake's time.
    secureContext: createSecureContext(TLS),
    pskCallback: () => ({ psk: keys.first, identity: identityOf(node, keys.first) }),
    // There is no certificate: who knows the key is the peer. One that is shown instead is never accepted,
    // whatever NODE_TLS_REJECT_UNAUTHORIZED says, which decides where nothing is said here.
    rejectUnauthorized: true,
    checkServerIdentity: () => undefined,
  };
}

/** Whether both sides have used the key. For OpenSSL a pre-shared key is a session, and no other one is kept. */
export function isKeyed(socket: Socket | TLSSocket): boolean {
  return 'isSessionReused' in socket && socket.isSessionReused();
}

/**
 * TLS options of the side that listens: every key of the file is accepted. The keys are looked at for each connection anew.
 * @param onKey is called with the key that a connection is opened with
 */
export function serverTls(keys: ClusterKeys, onKey?: (connection: object, key: Buffer) => void) {
  return {
    ...TLS,
    pskCallback: (connection: object | null, identity: string): Buffer | null => {
      const [, id] = identity.split('#', 2);
      const key = id === undefined ? keys.first : (keys.all.find((one) => keyId(one) === id) ?? null);
      if (key !== null && connection !== null) onKey?.(connection, key);
      return key;
    },
  };
}
