import { printable, type Words } from './area.ts';
import { REGISTER, type Finding } from './register.ts';

/** What a finding says, without its code: the first line only. */
export function wordsOf(finding: Finding): string {
  return allWords(finding)[0] ?? '';
}

/** A finding for people: its words and, to look it up by, its code. */
export function lineOf(finding: Finding): string {
  return `${wordsOf(finding)} [${finding.code}]`;
}

/** The same with what belongs below the line: a program's own words, the next step. Whoever prints it indents those. */
export function linesOf(finding: Finding): readonly [string, ...string[]] {
  return [lineOf(finding), ...allWords(finding).slice(1)];
}

/** The same, those below indented. */
export function indentedLinesOf(finding: Finding): readonly [string, ...string[]] {
  const [first, ...more] = linesOf(finding);
  return [first, ...more.map((line) => `  ${line}`)];
}

/** A finding for programs that are not certbot-ha: its code and arguments, and its words beside them. */
export function withMessage<Found extends Finding>(finding: Found): Found & { readonly message: string } {
  return { ...finding, message: allWords(finding).join('\n') };
}

/** Each one line, whatever a server, a file or a program has put into the arguments. */
function allWords(finding: Finding): readonly string[] {
  const words = (REGISTER[finding.code] as (given: Finding) => Words)(finding);
  return (typeof words === 'string' ? [words] : words).map(printable);
}
