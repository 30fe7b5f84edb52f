import type { Finding } from '../findings/register.ts';
import { linesOf } from '../findings/words.ts';

/**
 * What kind of trouble it is:
 * - `usage`: the command line is wrong
 * - `config`: the configuration, or a file or directory it names, is wrong
 * - `environment`: certbot's environment lacks something or holds something unexpected
 * - `failed`: the operation itself did not succeed
 */
export type ErrorKind = 'usage' | 'config' | 'environment' | 'failed';

/** 0 done or nothing to do, 1 failed, 2 usage, environment or configuration. */
export type ExitCode = 0 | 1 | 2;

/**
 * An error for the operator: what was found, and where it ends the program. It never carries a key or a private
 * part. Anything else that is thrown is a bug and shows its stack.
 */
export class CertbotHaError extends Error {
  override readonly name = 'CertbotHaError';
  readonly kind: ErrorKind;
  readonly findings: readonly Finding[];
  /** The next step, where there is one; printed on a line of its own. */
  readonly hint: string | undefined;

  constructor(
    kind: ErrorKind,
    found: Finding | readonly Finding[],
    options: { readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    const findings = isList(found) ? found : [found];
    super(findings.flatMap(linesOf).join('\n'), { cause: options.cause });
    this.kind = kind;
    this.findings = findings;
    this.hint = options.hint;
  }

  /** The findings as lines for people. */
  get problems(): readonly string[] {
    return this.findings.flatMap(linesOf);
  }

  get exitCode(): ExitCode {
    return this.kind === 'failed' ? 1 : 2;
  }
}

function isList(found: Finding | readonly Finding[]): found is readonly Finding[] {
  return Array.isArray(found);
}

export interface SystemError extends NodeJS.ErrnoException {
  readonly code: string;
}

/** What Linux says and Node.js has no name for: errno(3). File servers say it, and quotas. */
const UNNAMED: ReadonlyMap<number, string> = new Map([
  [67, 'ENOLINK'],
  [74, 'EBADMSG'],
  [116, 'ESTALE'],
  [117, 'EUCLEAN'],
  [122, 'EDQUOT'],
]);

/** True for a system error with one of the codes, such as `ENOENT`. One that Node.js has no name for has it from then on. */
export function hasErrorCode(error: unknown, ...codes: readonly string[]): error is SystemError {
  if (!(error instanceof Error && 'code' in error)) return false;
  const name = 'errno' in error ? UNNAMED.get(-Number(error.errno)) : undefined;
  if (name !== undefined && error.code !== name) {
    error.message = error.message.replaceAll(String(error.code), name);
    error.code = name;
  }
  return codes.includes(String(error.code));
}

/** The words of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** All that was found, whatever was thrown: where it is no error for the operator, in the system's own words. */
export function findingsOf(error: unknown): readonly [Finding, ...(readonly Finding[])] {
  const [first, ...more] = error instanceof CertbotHaError ? error.findings : [];
  return [first ?? { code: 'system-error', error: messageOf(error) }, ...more];
}

/** Nothing is there by that name, or what leads there is no directory. */
export function isAbsent(error: unknown): error is SystemError {
  return hasErrorCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP');
}

/** It cannot be read as a file: absent, not allowed, a directory, pipe, socket or device, or far too large. */
export function isUnreachable(error: unknown): error is SystemError {
  return isAbsent(error) || hasErrorCode(error, 'EACCES', 'EPERM', 'EISDIR', 'ENXIO', 'EFBIG');
}

/** Nor may it be read now: the disk fails, or the file system on it, or the file server has lost it. */
export function isUnreadable(error: unknown): error is SystemError {
  return isUnreachable(error) || hasErrorCode(error, 'EIO', 'EBADMSG', 'EUCLEAN', 'ESTALE', 'EAGAIN');
}

/** This process may not write there. */
export function isForbidden(error: unknown): error is SystemError {
  return hasErrorCode(error, 'EACCES', 'EPERM', 'EROFS');
}

/** The disk is full, its owner's share of it used up, or it fails. */
export function isDiskTrouble(error: unknown): error is SystemError {
  return hasErrorCode(error, 'ENOSPC', 'EDQUOT', 'EFBIG', 'EIO');
}
