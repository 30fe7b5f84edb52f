import type { FindingOf } from '../findings/register.ts';
import { lineOf } from '../findings/words.ts';
import type { OnDamage } from './json-file.ts';

export type DamageFound = FindingOf<'state-file-damaged' | 'state-entries-damaged'>;

/** Reports each damaged file once a program. */
export function reportDamage(report: (found: DamageFound) => void): OnDamage {
  const reported = new Set<string>();
  return ({ file, why, entries }) => {
    if (reported.has(file)) return;
    reported.add(file);
    report(
      entries === undefined
        ? { code: 'state-file-damaged', file, why }
        : { code: 'state-entries-damaged', file, entries },
    );
  };
}

/** The same for people: a line each. */
export function tellDamage(say: (line: string) => void): OnDamage {
  return reportDamage((found) => say(lineOf(found)));
}
