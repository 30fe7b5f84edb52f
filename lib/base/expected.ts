import type { Finding } from '../findings/register.ts';
import { CertbotHaError, findingsOf, type SystemError } from './errors.ts';
import { failure, type Outcome } from './outcome.ts';

/** The system would not let it: a file that cannot be read, a disk that is full. */
export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'errno' in error;
}

/**
 * What was found, where one of several has failed and the others go on: an error for the operator, or the
 * system's own.
 * @throws whatever else was thrown, which is a bug
 */
export function expectedFindings(error: unknown): readonly [Finding, ...(readonly Finding[])] {
  if (error instanceof CertbotHaError || isSystemError(error)) return findingsOf(error);
  throw error;
}

/** An attempt that resolves where the system would not let it, so that those on other nodes have their ends as well. */
export async function attempted(attempt: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await attempt();
  } catch (error) {
    return failure(expectedFindings(error)[0]);
  }
}
