import { describe, expect, test } from 'vitest';
import {
  bracketed,
  isHostName,
  isIpAddress,
  isIpv6,
  isLoopback,
  normalAddress,
} from '../../../lib/net/address.ts';

describe('an IP address', () => {
  test.for([
    '127.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fd69::10',
    'FD69::0:10',
    '1:2:3:4:5:6:7:8',
    '::ffff:192.0.2.1',
  ])('is %s', (value) => {
    expect(isIpAddress(value)).toBe(true);
  });

  test.for([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '1.2.3.4 ',
    ':::',
    '1:2:3:4:5:6:7:8:9',
    '[::1]',
    'g::1',
    'localhost',
    '::1\n',
    'fe80::1%eth0',
    '::ffff:192.00.2.1',
  ])('is not %j', (value) => {
    expect(isIpAddress(value)).toBe(false);
  });
});

describe('a host name', () => {
  test.for([
    'a',
    'localhost',
    'a.example.test',
    'xn--bcher-kva.example',
    'a-b.c_d.e',
    '_acme.x',
    'a.test.',
    `${'a'.repeat(63)}.test`,
  ])('is %s', (value) => {
    expect(isHostName(value)).toBe(true);
  });

  test.for([
    '',
    '.',
    '-a',
    'a-',
    'a..b',
    'a b',
    'a/b',
    'a\n',
    'bücher.example',
    '1.2.3.4',
    '999',
    `${'a'.repeat(64)}.test`,
    'a.'.repeat(127) + 'aa',
  ])('is not %j', (value) => {
    expect(isHostName(value)).toBe(false);
  });
});

test.for([
  ['FD69:0:0::0001', 'fd69::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['192.0.2.1', '192.0.2.1'],
  ['Web1.Example.Test.', 'web1.example.test'],
] as const)('one spelling of %s is %s', ([given, expected]) => {
  expect(normalAddress(given)).toBe(expected);
});

test('only an IPv6 address stands in brackets', () => {
  expect(['::1', '127.0.0.1', 'web1'].map(bracketed)).toEqual(['[::1]', '127.0.0.1', 'web1']);
  expect(['::1', '127.0.0.1', 'web1'].map(isIpv6)).toEqual([true, false, false]);
});

test.for(['127.0.0.1', '127.0.1.1', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.1.1'])(
  '%s leads no further',
  (address) => {
    expect(isLoopback(address)).toBe(true);
  },
);

test.for(['192.0.2.1', '12.7.0.1', '::2', '2001:db8::127', '::ffff:192.0.2.127', 'web127.example'])(
  '%s leads further',
  (address) => {
    expect(isLoopback(address)).toBe(false);
  },
);
