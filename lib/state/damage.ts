import type { OnDamage } from './json-file.ts';

/** Tells people of damaged files: a line each, once a program. */
export function tellDamage(say: (line: string) => void): OnDamage {
  const told = new Set<string>();
  return ({ file, why }) => {
    if (told.has(file)) return;
    told.add(file);
    say(`${file}: damaged, taken for absent: ${why}`);
  };
}
