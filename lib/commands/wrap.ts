import { widthOf } from '../base/width.ts';

const INDENT = '  ';

/**
 * A line as it fits into so many columns: broken between words, and what follows indented. What is indented already is there to
 * be copied, such as a command, and stays whole; so does what has several lines.
 */
export function wrapped(line: string, columns: number): string {
  if (/^\s|\n/.test(line) || widthOf(line) <= columns) return line;
  const lines: string[] = [];
  let row = '';
  for (const [, gap = '', word = ''] of line.matchAll(/(\s*)(\S+)/g)) {
    if (row !== '' && widthOf(row + gap + word) > columns) {
      lines.push(row);
      row = INDENT + word;
    } else row += gap + word;
  }
  return [...lines, row].join('\n');
}
