import type { Finding } from '../findings/register.ts';
import { linesOf } from '../findings/words.ts';

/** Writes a finding's lines behind a prefix; those below the first are indented. */
export function print(write: (line: string) => void, finding: Finding, prefix = ''): void {
  const indent = ' '.repeat(prefix.length - prefix.trimStart().length + 2);
  const [first, ...more] = linesOf(finding);
  write(`${prefix}${first}`);
  for (const line of more) write(`${indent}${line}`);
}
