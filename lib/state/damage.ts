import type { FindingOf } from '../findings/register.ts';
import { lineOf } from '../findings/words.ts';
import type { OnDamage } from './json-file.ts';

/** Reports each damaged file once a program. */
export function reportDamage(report: (found: FindingOf<'state-file-damaged'>) => void): OnDamage {
  const reported = new Set<string>();
  return ({ file, why }) => {
    if (reported.has(file)) return;
    reported.add(file);
    report({ code: 'state-file-damaged', file, why });
  };
}

/** The same for people: a line each. */
export function tellDamage(say: (line: string) => void): OnDamage {
  return reportDamage((found) => say(lineOf(found)));
}
