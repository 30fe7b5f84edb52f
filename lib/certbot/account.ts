import { createHash, createPublicKey, type JsonWebKey } from 'node:crypto';

/**
 * The id that certbot gives an ACME account: the MD5 of its public key as PEM (certbot, account.py).
 * @param privateKey the content of private_key.json, a JWK (RFC 7517)
 * @returns null when it is no such key
 */
export function accountIdOf(privateKey: string): string | null {
  try {
    const { kty, n, e, crv, x, y } = JSON.parse(privateKey) as JsonWebKey;
    const jwk = kty === 'EC' ? { kty, crv, x, y } : { kty, n, e };
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    return createHash('md5')
      .update(key.export({ type: 'spki', format: 'pem' }))
      .digest('hex');
  } catch {
    return null; // not JSON, or not a key: that it is not the account's is all that matters
  }
}
