import { CertbotHaError, findingsOf } from '../base/errors.ts';
import { isSystemError } from '../base/expected.ts';
import type { Finding } from '../findings/register.ts';

/** A step that can be taken back. */
export interface Step {
  readonly file: string;
  readonly undo: () => Promise<unknown>;
}

/** Takes steps back, the last first; one that cannot be keeps none of the others. Resolves to those that could not, and forgets them all. */
export async function takeBack(steps: Step[]): Promise<readonly Finding[]> {
  const left: Finding[] = [];
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    const { file, undo } = step;
    await undo().catch((error: unknown) => {
      // What a step could not undo of its own, it names itself.
      if (error instanceof CertbotHaError) return void left.push(...error.findings);
      if (!isSystemError(error)) throw error;
      left.push({ code: 'not-undone', file, error: error.code });
    });
  }
  return left;
}

/** The error, with what could not be taken back after it. */
export function withLeft(error: unknown, left: readonly Finding[]): unknown {
  if (left.length === 0) return error;
  const { kind, hint } =
    error instanceof CertbotHaError ? error : ({ kind: 'failed', hint: undefined } as const);
  return new CertbotHaError(kind, [...findingsOf(error), ...left], { cause: error, ...(hint && { hint }) });
}
