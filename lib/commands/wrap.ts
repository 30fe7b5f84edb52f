import type { Say } from '../base/io.ts';
import { widthOf } from '../base/width.ts';

const INDENT = '  ';

interface Fitting {
  readonly kind: Parameters<Say>[1];
  /** what stands before it */
  readonly prefix?: string;
  /** 0: nobody knows */
  readonly columns: number;
}

/**
 * A line behind its prefix, as it goes out. Prose is broken between words where it does not fit, and what follows indented.
 * What is indented already is there to be copied, such as a command, and stays whole; so does what has several lines, and
 * whatever is not known to be prose.
 */
export function fitted(line: string, { kind, prefix = '', columns }: Fitting): string {
  const isWhole = kind !== 'prose' || columns <= 0 || /^\s|\n/.test(line);
  return isWhole ? prefix + line : wrapped(prefix + line, columns);
}

function wrapped(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line;
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
