import { describe, expect, test } from 'vitest';
import {
  challengePath,
  isIdentifier,
  isKeyAuthorization,
  isToken,
} from '../../../lib/challenge/challenge.ts';

const TOKEN = 'a'.repeat(43);
const PRINT = 'B'.repeat(43);

describe('a token', () => {
  test.for(['a'.repeat(16), 'A-z_09'.repeat(4), 'a'.repeat(128)])('may be %s', (value) => {
    expect(isToken(value)).toBe(true);
  });

  test.for([
    ['empty', ''],
    ['too short', 'a'.repeat(15)],
    ['too long', 'a'.repeat(129)],
    ['with a slash', `${TOKEN}/x`],
    ['climbing', `../../../${TOKEN}`],
    ['with a dot', `.${TOKEN}`],
    ['padded', `${TOKEN}=`],
    ['plain base64', `${TOKEN}+`],
    ['with a line feed', `${TOKEN}\n`],
    ['with a zero byte', `${TOKEN}\0`],
    ['beyond ASCII', `${TOKEN}é`],
    ['an encoded slash', `${TOKEN}%2f`],
  ] as const)('may not be %s', ([, value]) => {
    expect(isToken(value)).toBe(false);
  });
});

describe('a key authorization', () => {
  test('is the token, a dot and 43 characters', () => {
    expect(isKeyAuthorization(`${TOKEN}.${PRINT}`, TOKEN)).toBe(true);
  });

  test.for([
    ['of another token', `${'b'.repeat(43)}.${PRINT}`],
    ['of a token that only starts alike', `${TOKEN}x.${PRINT}`],
    ['without a dot', `${TOKEN}${PRINT}`],
    ['with too short a thumbprint', `${TOKEN}.${PRINT.slice(1)}`],
    ['with too long a thumbprint', `${TOKEN}.${PRINT}B`],
    ['with a line feed', `${TOKEN}.${PRINT}\n`],
    ['with markup', `${TOKEN}.<script>${PRINT}`],
    ['empty', ''],
  ] as const)('is not one %s', ([, value]) => {
    expect(isKeyAuthorization(value, TOKEN)).toBe(false);
  });
});

describe('an identifier', () => {
  test.for(['a.example.test', 'localhost', '192.0.2.1', '2001:db8::1', 'xn--bcher-kva.example'])(
    'may be %s',
    (value) => {
      expect(isIdentifier(value)).toBe(true);
    },
  );

  test.for([
    '',
    '*.example.test',
    '[2001:db8::1]',
    'a b',
    'a/../b',
    'a:80',
    'http://a',
    '-a.test',
    'a.test?x',
    'a@b',
    'a\nb',
  ])('may not be %j', (value) => {
    expect(isIdentifier(value)).toBe(false);
  });
});

test('the CA asks for the path below .well-known', () => {
  expect(challengePath(TOKEN)).toBe(`/.well-known/acme-challenge/${TOKEN}`);
});
