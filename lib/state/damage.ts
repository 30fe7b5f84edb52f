import type { FindingOf } from '../findings/register.ts';
import { lineOf } from '../findings/words.ts';
import type { Damage, OnDamage } from './json-file.ts';

export type DamageFound = FindingOf<'state-file-damaged' | 'state-entries-damaged'>;

/** Reports a damaged file once, until it has been sound again: some programs stay for months. */
export function reportDamage(report: (found: DamageFound) => void): OnDamage {
  const reported = new Set<string>();
  const onDamage = ({ file, why, entries }: Damage) => {
    if (reported.has(file)) return;
    reported.add(file);
    report(
      entries === undefined
        ? { code: 'state-file-damaged', file, why }
        : { code: 'state-entries-damaged', file, entries },
    );
  };
  return Object.assign(onDamage, { sound: (file: string) => void reported.delete(file) });
}

/** The same for people: a line each. */
export function tellDamage(say: (line: string) => void): OnDamage {
  return reportDamage((found) => say(lineOf(found)));
}
