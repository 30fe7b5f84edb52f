import { expect, test } from 'vitest';
import { CertbotHaError } from '../../../lib/base/errors.ts';
import { configOf } from '../../../lib/cluster/config.ts';

function dnsOf(yaml: string) {
  return configOf('c', `nodes: { web1: 192.0.2.1 }\ndns: ${yaml}`).dns;
}

test.for([
  ['null', null],
  [
    '{ provider: command, command: [/srv/publish] }',
    { provider: 'command', command: ['/srv/publish'], resolvers: [], timeoutMs: 60_000 },
  ],
  [
    '{ provider: rfc2136 }',
    {
      ...{ provider: 'rfc2136', keyFile: '/etc/certbot-ha/dns.key', server: null, port: 53 },
      ...{ resolvers: [], timeoutMs: 60_000 },
    },
  ],
  [
    '{ provider: rfc2136, keyFile: /srv/key, server: ns1.example.com, port: 5353 }',
    {
      ...{ provider: 'rfc2136', keyFile: '/srv/key', server: 'ns1.example.com', port: 5353 },
      ...{ resolvers: [], timeoutMs: 60_000 },
    },
  ],
  [
    '{ provider: gandi }',
    {
      ...{ provider: 'gandi', tokenFile: '/etc/certbot-ha/gandi.token', apiUrl: 'https://api.gandi.net' },
      ...{ resolvers: [], timeoutMs: 60_000 },
    },
  ],
  [
    "{ provider: command, command: [/srv/publish, x], resolvers: [192.0.2.53, '[fd69::1]:5353'], timeout: 20 }",
    {
      ...{ provider: 'command', command: ['/srv/publish', 'x'] },
      ...{ resolvers: ['192.0.2.53', '[fd69::1]:5353'], timeoutMs: 20_000 },
    },
  ],
] as const)('takes %s', ([yaml, settings]) => {
  expect(dnsOf(yaml)).toEqual(settings);
});

test.for([
  ['command', 'c: dns: expected a mapping of keys, got "command" [invalid-value]'],
  ['[]', 'c: dns.provider: expected one of rfc2136, gandi, command, got null [invalid-value]'],
  ['{ command: [x] }', 'c: dns.provider: expected one of rfc2136, gandi, command, got null [invalid-value]'],
  [
    '{ provider: route53 }',
    'c: dns.provider: expected one of rfc2136, gandi, command, got "route53" [invalid-value]',
  ],
  ['{ provider: command }', 'c: dns.command: missing [missing-key]'],
  [
    '{ provider: rfc2136, keyFile: c2VjcmV0 }',
    'c: dns.keyFile: expected an absolute path, got a text [invalid-value]',
  ],
  [
    '{ provider: rfc2136, server: "a b" }',
    'c: dns.server: expected an IPv4 address, an IPv6 address or a host name, got "a b" [invalid-value]',
  ],
  ['{ provider: rfc2136, command: [x] }', 'c: dns.command: unknown key [unknown-key]'],
  [
    '{ provider: gandi, tokenFile: pat_s3cret }',
    'c: dns.tokenFile: expected an absolute path, got a text [invalid-value]',
  ],
  ...['http://api.gandi.net', 'https://me:pat_x@api.gandi.net', 'api.gandi.net', 'https://h/v5'].map(
    (url) =>
      [
        `{ provider: gandi, apiUrl: "${url}" }`,
        `c: dns.apiUrl: expected an https URL without a path, such as https://api.gandi.net, got "${url.replace(/\/\/.*/, '//…')}" [invalid-value]`,
      ] as const,
  ),
  [
    '{ provider: command, command: [] }',
    'c: dns.command: expected a list of arguments, such as [/usr/local/sbin/dns-record], got [] [invalid-value]',
  ],
  [
    '{ provider: command, command: [x], tiemout: 5 }',
    'c: dns.tiemout: unknown key (did you mean timeout?) [unknown-key]',
  ],
  [
    '{ provider: command, command: [x], resolvers: [localhost] }',
    'c: dns.resolvers.0: expected a list of addresses, each with a port where it is not 53, such as [192.0.2.53], got "localhost" [invalid-value]',
  ],
  [
    '{ provider: command, command: [x], timeout: 0 }',
    'c: dns.timeout: expected a number of seconds from 1 to 600, got 0 [invalid-value]',
  ],
] as const)('refuses %s', ([yaml, words]) => {
  let problems: readonly string[] = [];
  try {
    dnsOf(yaml);
  } catch (error) {
    if (!(error instanceof CertbotHaError)) throw error;
    ({ problems } = error);
  }
  expect(problems).toEqual([words]);
});
