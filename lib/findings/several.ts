import { MAX_CHARS, readFinding } from './read.ts';
import type { Finding } from './register.ts';
import { indentedLinesOf } from './words.ts';

// How much one result says: its reader takes no more of it, and nobody reads more of it.
export const MAX_FINDINGS = 50;
export const MAX_LINES = 200;
/** Of either, as JSON: both of them and what is around them stay below 256 KiB. */
const MAX_BYTES = 98_304;

/** As its reader would have them, with how many more there are. */
export function limited(findings: readonly Finding[]): readonly Finding[] {
  const cut = findings.map((finding) => readFinding(finding, []) ?? finding);
  return upTo(MAX_FINDINGS, cut, (count) => ({ code: 'more-findings', count }));
}

/** Their lines, those below a finding's first one indented, with how many more there are. */
export function linesOfAll(findings: readonly Finding[]): readonly string[] {
  return upTo(
    MAX_LINES,
    findings.flatMap(indentedLinesOf).map(shortened),
    (count) => `  and ${count} more lines`,
  );
}

/** A code at its end stays. */
function shortened(line: string): string {
  if (line.length <= MAX_CHARS) return line;
  const [code = ''] = / \[[a-z-]+\]$/.exec(line) ?? [];
  return `${line.slice(0, MAX_CHARS - 1 - code.length)}…${code}`;
}

function upTo<T>(max: number, values: readonly T[], rest: (count: number) => T): readonly T[] {
  let bytes = 0;
  const tooLarge = values.findIndex(
    (value) => (bytes += Buffer.byteLength(JSON.stringify(value)) + 1) > MAX_BYTES,
  );
  const room = tooLarge === -1 ? values.length : tooLarge;
  if (room === values.length && room <= max) return values;
  const kept = values.slice(0, Math.min(room, max - 1));
  return [...kept, rest(values.length - kept.length)];
}
