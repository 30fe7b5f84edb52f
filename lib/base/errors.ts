/**
 * What kind of trouble it is:
 * - `usage`: the command line is wrong
 * - `config`: the configuration, or a file or directory it names, is wrong
 * - `environment`: certbot's environment lacks something or holds something unexpected
 * - `failed`: the operation itself did not succeed
 */
export type ErrorCode = 'usage' | 'config' | 'environment' | 'failed';

/** 0 done or nothing to do, 1 failed, 2 usage, environment or configuration. */
export type ExitCode = 0 | 1 | 2;

/**
 * An error for the operator: lower case, no full stop, the object and its value in the message.
 * It never carries a key or a private part. Anything else that is thrown is a bug and shows its stack.
 */
export class CertbotHaError extends Error {
  override readonly name = 'CertbotHaError';
  readonly code: ErrorCode;
  /** The next step, where there is one; printed on a line of its own. */
  readonly hint: string | undefined;
  /** All problems, one a line, when there is more than one. */
  readonly problems: readonly string[];

  constructor(
    code: ErrorCode,
    message: string | readonly string[],
    options: { readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    const problems = typeof message === 'string' ? [message] : message;
    super(problems.join('\n'), { cause: options.cause });
    this.code = code;
    this.problems = problems;
    this.hint = options.hint;
  }

  get exitCode(): ExitCode {
    return this.code === 'failed' ? 1 : 2;
  }
}

/** True for a system error with one of the codes, such as `ENOENT`. */
export function hasErrorCode(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** The words of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
