import type { Finding } from '../findings/register.ts';
import { linesOf as linesOfFinding } from '../findings/words.ts';

/** Why something is not as it should be: a finding or, from a room that makes none yet, lines of words. */
export type Reason = Finding | string;

/** For people: a line with the finding's code, and the lines that belong below it. */
export function linesOf(reason: Reason): readonly string[] {
  return typeof reason === 'string' ? reason.split('\n') : linesOfFinding(reason);
}

/** The first of them alone. */
export function lineOf(reason: Reason): string {
  return linesOf(reason)[0] ?? '';
}

/** Words of a room that makes no findings yet stand for themselves. */
export function findingIn(reason: Reason): Finding {
  return typeof reason === 'string' ? { code: 'system-error', error: reason } : reason;
}

/** Writes them behind a prefix; those below are indented. */
export function print(write: (line: string) => void, reason: Reason, prefix = ''): void {
  const indent = ' '.repeat(prefix.length - prefix.trimStart().length + 2);
  const [first = '', ...more] = linesOf(reason);
  write(`${prefix}${first}`);
  for (const line of more) write(`${indent}${line}`);
}
