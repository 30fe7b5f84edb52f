import type { Attempt, NETWORK } from '../findings/network.ts';
import type { Finding, FindingOf } from '../findings/register.ts';

export type NetworkCode = keyof typeof NETWORK;

/** Why a connection or an exchange failed. */
export interface NetworkFailure {
  readonly code: NetworkCode;
  /** how the system, OpenSSL or undici calls it */
  readonly error: string;
  /** nothing at all answered: no host, no listener, no word before the time was over */
  readonly isSilent: boolean;
  /** the connection was made and ended without a byte; absent: it was not, or that is not known */
  readonly isEmpty?: boolean;
}

const SILENT: Readonly<Record<string, NetworkCode>> = {
  ECONNREFUSED: 'connection-refused',
  EHOSTUNREACH: 'no-route-to-host',
  ENETUNREACH: 'network-unreachable',
  EHOSTDOWN: 'host-is-down',
  ETIMEDOUT: 'connection-timed-out',
  UND_ERR_CONNECT_TIMEOUT: 'connection-timed-out',
  ENOTFOUND: 'name-not-resolved',
  EAI_AGAIN: 'name-not-resolved-now',
};

const BROKEN: Readonly<Record<string, NetworkCode>> = {
  ECONNRESET: 'connection-reset',
  EPIPE: 'connection-closed',
  // undici's parser takes for granted that nobody switches protocols (status 101) without being asked.
  ERR_ASSERTION: 'not-http',
  UND_ERR_SOCKET: 'answer-cut-off',
  UND_ERR_HEADERS_TIMEOUT: 'connected-without-answer',
  UND_ERR_BODY_TIMEOUT: 'answer-stopped',
  UND_ERR_HEADERS_OVERFLOW: 'answer-headers-too-long',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'answer-too-long',
};

/** What Node.js calls OpenSSL's reasons not to accept a certificate: no code of theirs has a prefix of its own. */
const CERTIFICATE_ERROR = /CERT|SELF_SIGNED|CRL|^UNABLE_TO_|^INVALID_(?:CA|PURPOSE)$|^HOSTNAME_MISMATCH$/;

const SILENT_CODES: ReadonlySet<string> = new Set([
  ...Object.values(SILENT),
  'no-answer-in-time',
  'short-chance',
]);

/** Whether a finding is that nothing at all answered. */
export function isSilence(code: string): boolean {
  return SILENT_CODES.has(code);
}

/** The same, but for a host that refuses: that one is there. */
export function isMute(code: string): boolean {
  return code !== 'connection-refused' && isSilence(code);
}

/** A failure as a finding of whoever had been asked. */
export function networkFinding(
  { code, error }: Pick<NetworkFailure, 'code' | 'error'>,
  { who, port }: Pick<Attempt, 'who' | 'port'>,
): Finding {
  return { code, who, port, error };
}

/** That nobody waited longer for an answer. @param atMs when there was none, since the epoch. @param ms how long it was waited for now, told to a tenth of a second */
export function waitedShortly({
  atMs,
  ms,
  ...attempt
}: Pick<Attempt, 'who' | 'port'> & {
  readonly atMs: number;
  readonly ms: number;
}): FindingOf<'short-chance'> {
  return {
    code: 'short-chance',
    ...attempt,
    silentAt: new Date(atMs).toISOString(),
    seconds: Math.round(ms / 100) / 10,
  };
}

/** @returns null when the error is nothing a network does, which makes it a bug */
export function explainNetworkError(error: unknown): NetworkFailure | null {
  const codes = codesOf(error);
  for (const found of codes) {
    const silent = SILENT[found];
    if (silent !== undefined) return { code: silent, error: found, isSilent: true };
  }
  for (const found of codes) {
    const broken = BROKEN[found] ?? brokenBy(found);
    if (broken !== undefined) {
      return { code: broken, error: found, isSilent: false, ...(isEmpty(error) && { isEmpty: true }) };
    }
  }
  // undici's parser does not give every one of its errors a code.
  if (error instanceof Error && error.name === 'HTTPParserError') {
    return { code: 'not-http', error: error.name, isSilent: false };
  }
  if (error instanceof Error && error.name === 'TimeoutError') {
    return { code: 'no-answer-in-time', error: error.name, isSilent: true };
  }
  if (!(error instanceof Error) || isOwnFault(error, codes)) return null;
  // Whatever a server sends, libraries have an error of their own for it: undici an assertion for status 000, say.
  return { code: 'network-error', error: codes[0] ?? error.name, isSilent: false };
}

/** Node.js' own codes for what a caller has got wrong. */
const CALLERS_FAULT =
  /^ERR_(?:INVALID_(?:ARG|RETURN|STATE|THIS)|MISSING_ARGS|OUT_OF_RANGE|METHOD_NOT_IMPLEMENTED|UNKNOWN_)/;

function isOwnFault(error: Error, codes: readonly string[]): boolean {
  if (codes.length > 0) return codes.some((code) => CALLERS_FAULT.test(code));
  return ['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError'].includes(error.name);
}

/** undici says of the socket how much has come. */
function isEmpty(error: unknown): boolean {
  if (!(error instanceof Error) || !('socket' in error)) return false;
  const { socket } = error;
  return typeof socket === 'object' && socket !== null && 'bytesRead' in socket && socket.bytesRead === 0;
}

function brokenBy(error: string): NetworkCode | undefined {
  if (error.startsWith('HPE_')) return 'not-http';
  if (error.startsWith('Z_')) return 'not-http'; // zlib: it says gzip, and is none
  const isTls = error.startsWith('ERR_SSL_') || error.startsWith('ERR_TLS_') || error === 'EPROTO';
  return isTls || CERTIFICATE_ERROR.test(error) ? 'tls-handshake-failed' : undefined;
}

/** The error's own code and those of what it wraps. */
function codesOf(error: unknown, depth = 0): readonly string[] {
  if (!(error instanceof Error) || depth > 4) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  const inner = error instanceof AggregateError ? error.errors : [];
  return [...own, ...[error.cause, ...inner].flatMap((part) => codesOf(part, depth + 1))];
}
