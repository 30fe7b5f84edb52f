import { expect, test } from 'vitest';
import { recordOf } from '../../../lib/challenge/dns-01.ts';
import { CertbotHaError } from '../../../lib/base/errors.ts';

const value = 'v'.repeat(43);

test.for([
  ['example.com', '_acme-challenge.example.com'],
  ['*.Example.COM.', '_acme-challenge.example.com'],
  ['xn--bcher-kva.example', '_acme-challenge.xn--bcher-kva.example'],
  ['*.bücher.example', '_acme-challenge.xn--bcher-kva.example'],
  ['_x.example.com', '_acme-challenge._x.example.com'],
] as const)('the record of %s', ([identifier, name]) => {
  expect(recordOf({ identifier, value })).toEqual({ name, value });
});

test.for([
  ['192.0.2.1', 'DNS-01 is for names, and this is an IP address: validate it by HTTP-01 [dns-for-address]'],
  ['2001:db8::1', 'DNS-01 is for names, and this is an IP address: validate it by HTTP-01 [dns-for-address]'],
  [
    '*.*.example.com',
    'no name that can have a record _acme-challenge: give certbot a host name [dns-for-no-name]',
  ],
  [
    'exam ple.com',
    'no name that can have a record _acme-challenge: give certbot a host name [dns-for-no-name]',
  ],
  [
    `${'long.'.repeat(48)}com`,
    'no name that can have a record _acme-challenge: give certbot a host name [dns-for-no-name]',
  ],
  ['', 'no name that can have a record _acme-challenge: give certbot a host name [dns-for-no-name]'],
] as const)('there is none of %s', ([identifier, words]) => {
  expect(() => recordOf({ identifier, value })).toThrow(
    new CertbotHaError('environment', {
      code: words.includes('IP') ? 'dns-for-address' : 'dns-for-no-name',
      identifier,
    }),
  );
  expect(() => recordOf({ identifier, value })).toThrow(`${identifier}: ${words}`);
});
