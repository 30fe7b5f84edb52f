import { comparison } from './compare.ts';
import { overLimit, row, table } from './figure.ts';
import { lineOfRun, type Run } from './run.ts';

/** What a run has measured, for people, beside an earlier one where there is one. @returns the exit code: 1 where a figure is over its limit */
export function report(run: Run, earlier: Run | null, print: (line: string) => void): 0 | 1 {
  const over = overLimit(run.figures);
  const beside = earlier === null ? [] : ['', ...comparison(earlier, run)];
  for (const line of [lineOfRun(run), '', ...table(run.figures.map(row)), ...over, ...beside]) print(line);
  return over.length === 0 ? 0 : 1;
}
