import { lineOf } from '../findings/words.ts';
import type { OnDamage } from './json-file.ts';

/** Tells people of damaged files: a line each, once a program. */
export function tellDamage(say: (line: string) => void): OnDamage {
  const told = new Set<string>();
  return ({ file, why }) => {
    if (told.has(file)) return;
    told.add(file);
    say(lineOf({ code: 'state-file-damaged', file, why }));
  };
}
