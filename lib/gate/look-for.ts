import type { X509Certificate } from 'node:crypto';
import { shakeHands, type Endpoint, type Handshake } from './tls-handshake.ts';

/**
 * One look at what is presented in place of a certificate. A web server may have two certificates of
 * one name, EC and RSA: then the one of the wanted one's type is asked for.
 */
export async function lookFor(
  wanted: X509Certificate,
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<Handshake> {
  const seen = await shakeHands(endpoint, signal);
  const keyType = wanted.publicKey.asymmetricKeyType;
  if (seen.kind !== 'certificate' || (keyType !== 'ec' && keyType !== 'rsa')) return seen;
  if (seen.certificate.publicKey.asymmetricKeyType === keyType) return seen;
  const other = await shakeHands({ ...endpoint, keyType }, signal);
  return other.kind === 'certificate' ? other : seen;
}
