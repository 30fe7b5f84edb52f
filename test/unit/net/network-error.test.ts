import { describe, expect, test } from 'vitest';
import { explainNetworkError, networkFinding } from '../../../lib/net/network-error.ts';
import { lineOf } from '../../../lib/findings/words.ts';

const coded = (code: string, message = code) => Object.assign(new Error(message), { code });

const SILENT = [
  ['ECONNREFUSED', 'connection-refused'],
  ['EHOSTUNREACH', 'no-route-to-host'],
  ['ENETUNREACH', 'network-unreachable'],
  ['EHOSTDOWN', 'host-is-down'],
  ['ETIMEDOUT', 'connection-timed-out'],
  ['UND_ERR_CONNECT_TIMEOUT', 'connection-timed-out'],
  ['ENOTFOUND', 'name-not-resolved'],
  ['EAI_AGAIN', 'name-not-resolved-now'],
] as const;

const BROKEN = [
  ['ECONNRESET', 'connection-reset'],
  ['EPIPE', 'connection-closed'],
  ['UND_ERR_SOCKET', 'answer-cut-off'],
  ['UND_ERR_HEADERS_TIMEOUT', 'connected-without-answer'],
  ['UND_ERR_BODY_TIMEOUT', 'answer-stopped'],
  ['UND_ERR_HEADERS_OVERFLOW', 'answer-headers-too-long'],
  ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'answer-too-long'],
  ['HPE_INVALID_CONSTANT', 'not-http'],
  ['ERR_ASSERTION', 'not-http'],
  ['Z_DATA_ERROR', 'not-http'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls-handshake-failed'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls-handshake-failed'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls-handshake-failed'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls-handshake-failed'],
  ['CERT_HAS_EXPIRED', 'tls-handshake-failed'],
  ['EPROTO', 'tls-handshake-failed'],
  ['ENOBUFS', 'network-error'],
] as const;

describe('nothing answers', () => {
  test.for(SILENT)('with %s: %s', ([error, code]) => {
    expect(explainNetworkError(coded(error))).toEqual({ code, error, isSilent: true });
  });

  test('where the time was over', () => {
    const error = new DOMException('aborted', 'TimeoutError');
    const failure = { code: 'no-answer-in-time', error: 'TimeoutError', isSilent: true };
    expect(explainNetworkError(error)).toEqual(failure);
  });
});

describe('something answers, and badly', () => {
  test.for(BROKEN)('with %s: %s', ([error, code]) => {
    expect(explainNetworkError(coded(error))).toEqual({ code, error, isSilent: false });
  });
});

test('knows a parser that gives no code by its name', () => {
  const error = Object.assign(new Error('Response does not match'), { name: 'HTTPParserError' });
  const failure = { code: 'not-http', error: 'HTTPParserError', isSilent: false };
  expect(explainNetworkError(error)).toEqual(failure);
});

test('looks into what an error wraps', () => {
  const wrapped = new Error('fetch failed', { cause: new AggregateError([coded('EHOSTUNREACH')]) });
  expect(explainNetworkError(wrapped)).toMatchObject({ code: 'no-route-to-host', error: 'EHOSTUNREACH' });
});

test.for([
  ['node', 80, 'port 80: no route to host [no-route-to-host]'],
  ['vip', null, 'no route to host [no-route-to-host]'],
  ['agent', 9480, 'agent port 9480: no route to host [no-route-to-host]'],
  ['ssh', null, 'ssh: no route to host [no-route-to-host]'],
] as const)('is a finding of whoever was asked: %s, port %s', ([who, port, line]) => {
  const failure = { code: 'no-route-to-host', error: 'EHOSTUNREACH' } as const;
  expect(lineOf(networkFinding(failure, { who, port }))).toBe(line);
});

test.for([
  [coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'tls-handshake-failed'],
  [coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'tls-handshake-failed'],
  [coded('CERT_HAS_EXPIRED'), 'tls-handshake-failed'],
  [coded('ERR_ASSERTION'), 'not-http'],
  [Object.assign(new Error('of a library'), { name: 'OddError' }), 'network-error'],
] as const)("%s is the network's, whoever answers so", ([error, code]) => {
  expect(explainNetworkError(error)).toMatchObject({ code, isSilent: false });
});

test.for([
  [new TypeError('x is undefined')],
  [new RangeError('Invalid time value')],
  ['boom'],
  [undefined],
  [coded('ERR_INVALID_ARG_TYPE')],
] as const)('takes %s for a bug', ([error]) => {
  expect(explainNetworkError(error)).toBeNull();
});
