import type { Finding } from '../findings/register.ts';
import { linesOf } from '../findings/words.ts';
import type { Say } from './io.ts';

/**
 * Writes a finding's lines behind a prefix; those below the first are indented. The first is prose, unless it has a command
 * in it, and those below are a program's own words or what to type.
 */
export function print(write: Say, finding: Finding, prefix = ''): void {
  const indent = ' '.repeat(prefix.length - prefix.trimStart().length + 2);
  const [first, ...more] = linesOf(finding);
  write(`${prefix}${first}`, 'command' in finding ? undefined : 'prose');
  for (const line of more) write(`${indent}${line}`);
}

/** A value as JSON for programs, which a person may read on a terminal. */
export function jsonOf(value: unknown): string {
  return visible(JSON.stringify(value, null, 2));
}

/** A JSON text in which what would move a cursor, or turn the text about, is escaped. */
export function visible(json: string): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return json.replaceAll(/[\u007f-\u009f\p{Cf}]/gu, (character) =>
    // JSON escapes UTF-16 units, of which a character may have two.
    character.split('').map(escaped).join(''),
  );
}
