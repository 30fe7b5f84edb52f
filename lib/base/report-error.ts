import { CertbotHaError, findingsOf, type ExitCode } from './errors.ts';
import { printable } from '../findings/area.ts';
import { expectedFindings, isSystemError } from './expected.ts';
import type { Say } from './io.ts';
import { print } from './print.ts';

/** Writes an error for the operator, or a bug with its stack, and tells the exit code. */
export function reportError(error: unknown, err: Say): ExitCode {
  if (error instanceof CertbotHaError) {
    printError(error, err);
    return error.exitCode;
  }
  // A full disk, or a file server that is away, is the system's own affair.
  if (isSystemError(error)) {
    printError(error, err);
    return 1;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  err(`this is a bug in certbot-ha: ${stack.split('\n').map(printable).join('\n')}`);
  return 1;
}

/** Writes all that was found and the next step, behind a prefix: of an error that does not end the program, for instance. */
export function printError(error: unknown, err: Say, prefix = ''): void {
  for (const finding of findingsOf(error)) print(err, finding, prefix);
  if (error instanceof CertbotHaError && error.hint !== undefined) err(`${prefix}  ${error.hint}`);
}

/**
 * Writes why one of several has failed, while the others go on.
 * @throws whatever is neither an error for the operator nor the system's own, which is a bug
 */
export function printExpected(error: unknown, err: Say, prefix: string): void {
  expectedFindings(error);
  printError(error, err, prefix);
}
