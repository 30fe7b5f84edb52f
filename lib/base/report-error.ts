import { CertbotHaError, findingsOf, type ExitCode } from './errors.ts';
import { print } from './print.ts';

/** Writes an error for the operator, or a bug with its stack, and tells the exit code. */
export function reportError(error: unknown, err: (line: string) => void): ExitCode {
  if (error instanceof CertbotHaError) {
    printError(error, err);
    return error.exitCode;
  }
  err(
    `this is a bug in certbot-ha: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  return 1;
}

/** Writes all that was found and the next step, behind a prefix: of an error that does not end the program, for instance. */
export function printError(error: unknown, err: (line: string) => void, prefix = ''): void {
  for (const finding of findingsOf(error)) print(err, finding, prefix);
  if (error instanceof CertbotHaError && error.hint !== undefined) err(`${prefix}  ${error.hint}`);
}
