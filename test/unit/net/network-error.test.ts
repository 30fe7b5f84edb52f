import { describe, expect, test } from 'vitest';
import { explainNetworkError } from '../../../lib/net/network-error.ts';

const coded = (code: string, message = code) => Object.assign(new Error(message), { code });

describe('nothing answers', () => {
  test.for([
    ['ECONNREFUSED', 'connection refused'],
    ['EHOSTUNREACH', 'no route to host'],
    ['ENETUNREACH', 'network unreachable'],
    ['EHOSTDOWN', 'host is down'],
    ['ETIMEDOUT', 'no answer: the connection timed out'],
    ['UND_ERR_CONNECT_TIMEOUT', 'no answer: the connection timed out'],
    ['ENOTFOUND', 'the name does not resolve'],
    ['EAI_AGAIN', 'the name does not resolve now'],
  ] as const)('with %s: %s', ([code, reason]) => {
    expect(explainNetworkError(coded(code))).toEqual({ reason, isSilent: true });
  });

  test('where the time was over', () => {
    const error = new DOMException('aborted', 'TimeoutError');
    expect(explainNetworkError(error)).toEqual({ reason: 'no answer in time', isSilent: true });
  });
});

describe('something answers, and badly', () => {
  test.for([
    ['ECONNRESET', 'the connection was reset'],
    ['EPIPE', 'the connection was closed'],
    ['UND_ERR_SOCKET', 'the connection was closed before the answer was whole'],
    ['UND_ERR_HEADERS_TIMEOUT', 'connected, but no answer in time'],
    ['UND_ERR_BODY_TIMEOUT', 'the answer stopped half-way'],
    ['UND_ERR_HEADERS_OVERFLOW', 'the answer has too many headers'],
    ['HPE_INVALID_CONSTANT', 'what answers does not speak HTTP (HPE_INVALID_CONSTANT)'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'the TLS handshake failed (ERR_SSL_WRONG_VERSION_NUMBER)'],
    ['EPROTO', 'the TLS handshake failed (EPROTO)'],
    ['ENOBUFS', 'ENOBUFS'],
  ] as const)('with %s: %s', ([code, reason]) => {
    expect(explainNetworkError(coded(code))).toEqual({ reason, isSilent: false });
  });
});

test('is told of a parser that gives no code', () => {
  const error = Object.assign(new Error('Response does not match'), { name: 'HTTPParserError' });
  expect(explainNetworkError(error)).toEqual({ reason: 'what answers does not speak HTTP', isSilent: false });
});

test('looks into what an error wraps', () => {
  const wrapped = new Error('fetch failed', { cause: new AggregateError([coded('EHOSTUNREACH')]) });
  expect(explainNetworkError(wrapped)).toEqual({ reason: 'no route to host', isSilent: true });
});

test.for([
  [new TypeError('x is undefined')],
  ['boom'],
  [undefined],
  [coded('ERR_INVALID_ARG_TYPE')],
] as const)('takes %s for a bug', ([error]) => {
  expect(explainNetworkError(error)).toBeNull();
});
