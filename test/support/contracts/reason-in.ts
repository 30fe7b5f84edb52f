import type { Outcome } from '../../../lib/base/outcome.ts';
import { lineOf } from '../../../lib/findings/words.ts';

/** Why something did not succeed, as it is printed. */
export function reasonIn(outcome: Outcome): string {
  return outcome.isOk ? 'it did succeed' : lineOf(outcome.reason);
}
