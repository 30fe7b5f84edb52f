import { expect, it } from 'vitest';
import { isReserved } from '../../../lib/net/reserved.ts';

it.each([
  '10.0.0.1',
  '2001:DB8:0::1',
  'fe80::1',
  '::ffff:127.0.0.1',
  '::FFFF:7f00:1',
  '0:0:0:0:0:ffff:192.0.2.1',
  '::0:ffff:8.8.8.8',
])('a CA on the public internet does not connect to %s', (address) => {
  expect(isReserved(address)).toBe(true);
});

it.each(['8.8.8.8', '2606:4700::1111', '2001:4860:4860:0:0:0:0:8888'])('but to %s', (address) => {
  expect(isReserved(address)).toBe(false);
});
