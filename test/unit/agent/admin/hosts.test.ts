import { describe, expect, test } from 'vitest';
import { originForm, isOwnHost } from '../../../../lib/agent/admin/hosts.ts';

const NAMES = ['web1', 'web1.example.org', '192.0.2.11'];

describe('a Host header', () => {
  test.each([
    'localhost',
    'localhost:9481',
    'LOCALHOST.',
    '127.0.0.1:9481',
    '[::1]:9481',
    '192.0.2.99',
    'web1:80',
    'Web1.Example.org',
  ])('%s is answered', (header) => {
    expect(isOwnHost(header, NAMES)).toBe(true);
  });

  test.each([
    undefined,
    '',
    'evil.example',
    'evil.example:9481',
    'web1.evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '[evil]',
    '[::1',
    'localhost:9481:80',
    'x@localhost',
    'web1%',
    'web1%.evil.example',
    'localhost/x',
  ])('%s is refused', (header) => {
    expect(isOwnHost(header, NAMES)).toBe(false);
  });
});

test.each([
  ['/metrics', '/metrics', 'web1'],
  ['http://evil.example/metrics', '/metrics', 'evil.example'],
  ['HTTP://web2:9481/', '/', 'web2:9481'],
  ['https://web2', '/', 'web2'],
  ['http://web2?x', '/?x', 'web2'],
  ['*', '*', 'web1'],
])('%s asks for %s at %s', (url, path, host) => {
  const headers = { host: 'web1' };
  expect([originForm({ url, headers }), headers.host]).toEqual([path, host]);
});
