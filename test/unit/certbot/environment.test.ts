import { describe, expect, test } from 'vitest';
import { readDeployEnvironment, readHookEnvironment } from '../../../lib/certbot/environment.ts';
import { CertbotHaError } from '../../../lib/base/errors.ts';

const TOKEN = 'T'.repeat(43);
const VALIDATION = `${TOKEN}.${'p'.repeat(43)}`;
const GOOD = { CERTBOT_DOMAIN: 'a.example.test', CERTBOT_TOKEN: TOKEN, CERTBOT_VALIDATION: VALIDATION };

function problemOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof CertbotHaError && error.kind === 'environment') return error.problems.join('\n');
    throw error;
  }
  throw new Error('it was accepted');
}

describe('the environment of an auth or cleanup hook', () => {
  test('of certbot 2.1 has domains', () => {
    const env = {
      ...GOOD,
      CERTBOT_REMAINING_CHALLENGES: '2',
      CERTBOT_ALL_DOMAINS: 'a.example.test,b.example.test',
    };
    expect(readHookEnvironment(env)).toEqual({
      challenge: { identifier: 'a.example.test', token: TOKEN, keyAuthorization: VALIDATION },
      remainingChallenges: 2,
      allIdentifiers: ['a.example.test', 'b.example.test'],
    });
  });

  test('of certbot 5.3 has identifiers, which count more', () => {
    const env = {
      ...GOOD,
      CERTBOT_IDENTIFIER: '2001:db8::1',
      CERTBOT_ALL_DOMAINS: 'old.example.test',
      CERTBOT_ALL_IDENTIFIERS: '2001:db8::1,192.0.2.1',
    };
    expect(readHookEnvironment(env)).toMatchObject({
      challenge: { identifier: '2001:db8::1' },
      allIdentifiers: ['2001:db8::1', '192.0.2.1'],
    });
  });

  test('of DNS-01 has no token, and a digest in place of the key authorization', () => {
    const { CERTBOT_TOKEN: _, ...more } = GOOD;
    const dns = { ...more, CERTBOT_VALIDATION: 'v'.repeat(43) };
    const challenge = { identifier: 'a.example.test', value: 'v'.repeat(43) };
    expect(readHookEnvironment(dns)).toMatchObject({ challenge });
    // Some wrappers empty a variable in place of removing it.
    expect(readHookEnvironment({ ...dns, CERTBOT_TOKEN: '' })).toMatchObject({ challenge });
    expect(problemOf(() => readHookEnvironment({ ...dns, CERTBOT_IDENTIFIER: '192.0.2.1' }))).toBe(
      'CERTBOT_IDENTIFIER: expected a DNS name, since dns-01 validates no IP address, got "192.0.2.1" [variable-invalid]',
    );
  });

  test('without a count of remaining challenges is the last of its batch', () => {
    expect(readHookEnvironment(GOOD)).toMatchObject({ remainingChallenges: 0, allIdentifiers: [] });
  });

  test.for([
    [
      'CERTBOT_DOMAIN',
      undefined,
      'CERTBOT_DOMAIN: missing from the environment; is certbot running this hook? [variable-missing]',
    ],
    [
      'CERTBOT_DOMAIN',
      '',
      'CERTBOT_DOMAIN: missing from the environment; is certbot running this hook? [variable-missing]',
    ],
    [
      'CERTBOT_TOKEN',
      undefined,
      'CERTBOT_TOKEN: missing from the environment; is certbot running this hook? [variable-missing]',
    ],
    [
      'CERTBOT_VALIDATION',
      undefined,
      'CERTBOT_VALIDATION: missing from the environment; is certbot running this hook? [variable-missing]',
    ],
    [
      'CERTBOT_DOMAIN',
      '*.example.test',
      'CERTBOT_DOMAIN: expected a DNS name or an IP address, got "*.example.test" [variable-invalid]',
    ],
    [
      'CERTBOT_IDENTIFIER',
      '[::1]',
      'CERTBOT_IDENTIFIER: expected a DNS name or an IP address, got "[::1]" [variable-invalid]',
    ],
    [
      'CERTBOT_TOKEN',
      'short',
      'CERTBOT_TOKEN: expected 16 to 128 characters of base64url, got "short" [variable-invalid]',
    ],
    [
      'CERTBOT_TOKEN',
      `../${TOKEN}`,
      `CERTBOT_TOKEN: expected 16 to 128 characters of base64url, got "../${TOKEN}" [variable-invalid]`,
    ],
    [
      'CERTBOT_VALIDATION',
      TOKEN,
      `CERTBOT_VALIDATION: expected CERTBOT_TOKEN, a dot and 43 characters of base64url, got "${TOKEN}" [variable-invalid]`,
    ],
    [
      'CERTBOT_VALIDATION',
      `x${VALIDATION}`,
      `CERTBOT_VALIDATION: expected CERTBOT_TOKEN, a dot and 43 characters of base64url, got "x${VALIDATION}" [variable-invalid]`,
    ],
    [
      'CERTBOT_REMAINING_CHALLENGES',
      '-1',
      'CERTBOT_REMAINING_CHALLENGES: expected a number from 0, got "-1" [variable-invalid]',
    ],
    [
      'CERTBOT_REMAINING_CHALLENGES',
      'two',
      'CERTBOT_REMAINING_CHALLENGES: expected a number from 0, got "two" [variable-invalid]',
    ],
    [
      'CERTBOT_REMAINING_CHALLENGES',
      '1.5',
      'CERTBOT_REMAINING_CHALLENGES: expected a number from 0, got "1.5" [variable-invalid]',
    ],
  ] as const)('with %s %j is refused', ([name, value, message]) => {
    expect(problemOf(() => readHookEnvironment({ ...GOOD, [name]: value }))).toBe(message);
  });

  test('is quoted in one line, and cut, whatever stands in it', () => {
    const message = problemOf(() =>
      readHookEnvironment({ ...GOOD, CERTBOT_TOKEN: `\n\u001B[2J${'x'.repeat(9999)}` }),
    );
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(message.length).toBeLessThan(300);
  });
});

describe('the environment of a deploy hook', () => {
  const DEPLOY = { RENEWED_LINEAGE: '/etc/letsencrypt/live/a', RENEWED_DOMAINS: 'a.test *.a.test 192.0.2.1' };

  test('has the lineage and names between spaces', () => {
    expect(readDeployEnvironment(DEPLOY)).toEqual({
      lineage: '/etc/letsencrypt/live/a',
      names: ['a.test', '*.a.test', '192.0.2.1'],
    });
  });

  test.for([
    [
      'RENEWED_LINEAGE',
      undefined,
      'RENEWED_LINEAGE: missing from the environment; is certbot running this hook? [variable-missing]',
    ],
    [
      'RENEWED_DOMAINS',
      undefined,
      'RENEWED_DOMAINS: missing from the environment; is certbot running this hook? [variable-missing]',
    ],
    [
      'RENEWED_LINEAGE',
      'live/a',
      'RENEWED_LINEAGE: expected an absolute path, got "live/a" [variable-invalid]',
    ],
    [
      'RENEWED_DOMAINS',
      'a.test b/c',
      'RENEWED_DOMAINS: expected DNS names and IP addresses, got "b/c" [variable-invalid]',
    ],
  ] as const)('with %s %j is refused', ([name, value, message]) => {
    expect(problemOf(() => readDeployEnvironment({ ...DEPLOY, [name]: value }))).toBe(message);
  });
});
