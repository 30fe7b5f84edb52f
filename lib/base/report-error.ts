import { CertbotHaError, type ExitCode } from './errors.ts';
import { print } from './print.ts';

/** Writes an error for the operator, or a bug with its stack, and tells the exit code. */
export function reportError(error: unknown, err: (line: string) => void): ExitCode {
  if (error instanceof CertbotHaError) {
    for (const finding of error.findings) print(err, finding);
    if (error.hint !== undefined) err(`  ${error.hint}`);
    return error.exitCode;
  }
  err(
    `this is a bug in certbot-ha: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  return 1;
}
