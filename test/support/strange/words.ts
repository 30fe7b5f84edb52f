import { expect } from 'vitest';
import { CertbotHaError } from '../../../lib/base/errors.ts';
import type { Finding } from '../../../lib/findings/register.ts';
import { linesOf } from '../../../lib/findings/words.ts';

/** One line each, that moves no cursor, and none of them is called a bug. */
export function expectWords(...findings: readonly Finding[]): void {
  for (const finding of findings) {
    expect(finding.code).not.toBe('internal-error');
    for (const line of linesOf(finding)) expect(line).not.toMatch(/\p{Cc}/u);
  }
}

/** What it gives; null where it ends with an error of ours, which has words. */
export function expectedOf<T>(run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof CertbotHaError)) throw error;
    expectWords(...error.findings);
    return null;
  }
}
