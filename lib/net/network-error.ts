/** Why a connection or an exchange failed, in words an operator can act on. */
export interface NetworkFailure {
  readonly reason: string;
  /** nothing at all answered: no host, no listener, no word before the time was over */
  readonly isSilent: boolean;
}

const SILENT: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network unreachable',
  EHOSTDOWN: 'host is down',
  ETIMEDOUT: 'no answer: the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'no answer: the connection timed out',
  ENOTFOUND: 'the name does not resolve',
  EAI_AGAIN: 'the name does not resolve now',
};

const BROKEN: Readonly<Record<string, string>> = {
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  UND_ERR_SOCKET: 'the connection was closed before the answer was whole',
  UND_ERR_HEADERS_TIMEOUT: 'connected, but no answer in time',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped half-way',
  UND_ERR_HEADERS_OVERFLOW: 'the answer has too many headers',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'the answer is too long',
};

/** @returns null when the error is nothing a network does, which makes it a bug */
export function explainNetworkError(error: unknown): NetworkFailure | null {
  const codes = codesOf(error);
  for (const code of codes) {
    const silent = SILENT[code];
    if (silent !== undefined) return { reason: silent, isSilent: true };
  }
  for (const code of codes) {
    const broken = BROKEN[code];
    if (broken !== undefined) return { reason: broken, isSilent: false };
    if (code.startsWith('HPE_'))
      return { reason: `what answers does not speak HTTP (${code})`, isSilent: false };
    if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code === 'EPROTO') {
      return { reason: `the TLS handshake failed (${code})`, isSilent: false };
    }
  }
  // undici's parser does not give every one of its errors a code.
  if (error instanceof Error && error.name === 'HTTPParserError') {
    return { reason: 'what answers does not speak HTTP', isSilent: false };
  }
  if (error instanceof Error && error.name === 'TimeoutError') {
    return { reason: 'no answer in time', isSilent: true };
  }
  const code = codes.find((candidate) => /^E[A-Z]+$|^UND_ERR_/.test(candidate));
  return code === undefined ? null : { reason: code, isSilent: false };
}

/** The error's own code and those of what it wraps. */
function codesOf(error: unknown, depth = 0): readonly string[] {
  if (!(error instanceof Error) || depth > 4) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  const inner = error instanceof AggregateError ? error.errors : [];
  return [...own, ...[error.cause, ...inner].flatMap((part) => codesOf(part, depth + 1))];
}
