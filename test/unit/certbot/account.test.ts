import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { accountIdOf } from '../../../lib/certbot/account.ts';
import { ACCOUNT, ACCOUNT_KEY } from '../../support/lineage/renewal-conf.ts';

describe('the id of an account', () => {
  test('is the MD5 of its public key', () => {
    expect(accountIdOf(JSON.stringify(ACCOUNT_KEY))).toBe(ACCOUNT);
  });

  test('is that of an EC key too', () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    expect(accountIdOf(JSON.stringify(key))).toMatch(/^[0-9a-f]{32}$/);
  });

  test.for(['', '{}', 'null', '{"kty":"oct","k":"AA"}'])('is none for %j', (text) => {
    expect(accountIdOf(text)).toBeNull();
  });
});
