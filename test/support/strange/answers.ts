import * as fc from 'fast-check';

/** What a stranger does with a connection: writes, and then ends, breaks or holds it. */
export interface Answer {
  readonly bytes: string;
  readonly end: 'close' | 'reset' | 'hold';
}

const LINE = fc.constantFrom(
  ...[
    'HTTP/1.1 000',
    'HTTP/1.1 101 Switching Protocols',
    'HTTP/1.1 200 OK',
    'HTTP/1.1 200',
    'HTTP/1.1 999 x',
  ],
  ...[
    'HTTP/0.9 200 OK',
    'HTTP/1.1 -1 no',
    'HTTP/2.0 200 OK',
    'http/1.1 200 ok',
    'HTTP/1.1 20O OK',
    'ICY 200 OK',
  ],
  ...[
    'HTTP/1.1 100 Continue',
    'HTTP/1.1 204 No Content',
    'HTTP/1.1 301 Moved',
    'HTTP/1.1 302 Found',
    'HTTP/1.1 308 x',
  ],
  ...[
    'HTTP/1.1 500 \x1b[2J',
    'SSH-2.0-OpenSSH_9.2',
    '220 mail ESMTP',
    '\x15\x03\x01\x00\x02\x02\x28',
    '* OK IMAP4rev1',
  ],
);
const LOCATION = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      '/',
      '//',
      '///',
      'http://',
      'https://[::1',
      'http://[::]/',
      'http://a.test:99999/',
      'javascript:0',
      'file:///etc',
    ],
    ...[
      'http://user:%zz@a.test/',
      'http://a.test/%00',
      'http://a.test/%ff',
      'https://a.test/',
      'http://127.0.0.1/',
      '?',
      '#',
    ],
    ...[
      'http://a.test.well-known/acme',
      'http://xn--.test/',
      `http://${'a'.repeat(300)}.test/`,
      `/${'b'.repeat(3000)}`,
    ],
  ),
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const HEADER = fc.oneof(
  LOCATION.map((to) => `Location: ${to}`),
  fc.constantFrom(
    ...[
      'Content-Length: 5',
      'Content-Length: -1',
      'Content-Length: 5, 7',
      'Content-Length: 99999999999999999999',
    ],
    ...[
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: gzip, chunked',
      'Content-Encoding: gzip',
      'Content-Encoding: br',
    ],
    ...[
      'Content-Type: text/html',
      'Content-Type: ',
      'Server: nginx',
      'Server: \x9b31m',
      'Upgrade: h2c',
      'Connection: close',
    ],
    ...[
      'Content-Type: application/problem+json',
      'Content-Type: application/json',
      ': none',
      ' folded',
      'Set-Cookie: a=b',
    ],
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
);
/** Also what looks like an answer of an agent. */
const BODY = fc.oneof(
  fc.constantFrom(
    '',
    '0\r\n\r\n',
    'ffffffffffffffff\r\nx',
    '5\r\nhello\r\n0\r\n\r\n',
    '\x1f\x8b\x08',
    '<html>',
    '{"lineages":[{}]}',
  ),
  fc.json(),
  fc.string({ unit: 'binary', maxLength: 200 }),
);

const HTTP = fc
  .record({
    line: LINE,
    headers: fc.array(HEADER, { maxLength: 4 }),
    eol: fc.constantFrom('\r\n', '\n'),
    body: BODY,
  })
  .map(({ line, headers, eol, body }) => [line, ...headers, '', body].join(eol));

/** Answers of HTTP, and of all that is none. */
export const ANSWER: fc.Arbitrary<Answer> = fc.record({
  bytes: fc.oneof(
    { weight: 4, arbitrary: HTTP },
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constant(''),
  ),
  end: fc.oneof(
    { weight: 5, arbitrary: fc.constant('close' as const) },
    fc.constantFrom('reset' as const, 'hold' as const),
  ),
});
