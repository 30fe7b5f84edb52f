import { median } from '../figure.ts';
import type { Failures } from './failures.ts';
import type { FailedRun, Issuances } from './issuances.ts';
import type { Latency } from './latency.ts';
import type { Figures, Measured } from './measure.ts';

/** The figures as tables in Markdown. */
export interface Tables {
  /** What it does when all is well. */
  readonly well: string;
  /** What it does when a cable is pulled; empty where none was. */
  readonly cut: string;
  /** What could not be measured, and why. */
  readonly absent: string;
  /** Why issuances failed, and which were made again. Not for the page. */
  readonly why: string;
}

export function tablesOf(measured: readonly Measured[], deadlineMs: number): Tables {
  const known = measured.flatMap(({ title, figures }) => (figures === undefined ? [] : [{ title, figures }]));
  const cut = known.flatMap(({ title, figures: { failures } }) =>
    failures === undefined ? [] : [[title, ...failureCells(failures, deadlineMs)]],
  );
  const absent = measured.flatMap(({ title, absent: whole, figures }) => {
    const why = whole ?? figures?.failuresAbsent;
    const what = whole === undefined ? `${title}, with a cable pulled,` : title;
    return why === undefined ? [] : [`- ${what} was not measured: ${why.split('\n')[0]?.slice(0, 200)}`];
  });
  return {
    well: table(
      WELL,
      known.map(({ title, figures }) => [title, ...wellCells(figures)]),
    ),
    cut: cut.length === 0 ? '' : table(CUT, cut),
    absent: absent.join('\n'),
    why: known.flatMap(({ title, figures }) => whyOf(title, figures)).join('\n'),
  };
}

function whyOf(title: string, { plainIssuances, ourIssuances }: Figures): readonly string[] {
  const counted = (way: string, runs: readonly FailedRun[]) => {
    const times = new Map<string, number>();
    for (const { why } of runs) times.set(why, (times.get(why) ?? 0) + 1);
    return [...times].map(([why, count]) => `${title}, ${way}: ${count} times: ${why}`);
  };
  return [
    ...counted('plain', plainIssuances.failed),
    ...counted('plain, made again', plainIssuances.repeated),
    ...counted('certbot-ha', ourIssuances.failed),
    ...counted('certbot-ha, made again', ourIssuances.repeated),
  ];
}

/** The page with these tables in the places of those that follow the marks `<!-- sharing: well -->` and `… cut`. */
export function withTables(page: string, { well, cut, absent }: Tables): string {
  const more = absent === '' ? '' : `\n\n${absent}`;
  const put = (text: string, mark: string, by: string) =>
    by === ''
      ? text
      : text.replace(
          new RegExp(
            `(<!-- sharing: ${mark} -->\\n\\n)(?:\\|.*\\n)+(?:\\n(?:- .* was not measured: .*\\n)+)?`,
          ),
          (_, head: string) => `${head}${by}\n`,
        );
  return put(put(page, 'well', `${well}${more}`), 'cut', cut);
}

const WELL = [
  'system',
  'issuances, plain',
  'issuances, certbot-ha',
  'renamed: median, 99 %',
  'plain write: median, 99 %',
  'served empty or partial',
];
const CUT = [
  'system',
  'writer cut',
  'another cut: write, third',
  'it is back',
  'server cut: write, read',
  'server back',
];

function wellCells({ plainIssuances, ourIssuances, renamed, plain }: Figures): readonly string[] {
  return [
    shareOf(plainIssuances),
    shareOf(ourIssuances),
    timesOf(renamed),
    timesOf(plain),
    partialOf(renamed, plain),
  ];
}

function shareOf({ succeeded, of, eachMs }: Issuances): string {
  return `${succeeded} of ${of} (${(median(eachMs) / 1_000).toFixed(1)} s)`;
}

/** A percentile of fewer says nothing. */
const ROUNDS_FOR_PERCENTILE = 20;

function timesOf({ medianMs, p99Ms, rounds, missing }: Latency): string {
  const ms = (value: number) => (value === Infinity ? 'never' : `${Math.round(value)} ms`);
  const last = rounds < ROUNDS_FOR_PERCENTILE ? ` of ${rounds}` : `, ${ms(p99Ms)}`;
  return `${ms(medianMs)}${last}${missing === 0 ? '' : ` (${missing} not in time)`}`;
}

function partialOf(...all: readonly Latency[]): string {
  const cells = all.map(({ partial, rounds, partialMs }) =>
    partial === 0 ? `0 of ${rounds}` : `${partial} of ${rounds}, up to ${Math.round(partialMs)} ms`,
  );
  return cells.join('; ');
}

function failureCells(failures: Failures, deadlineMs: number): readonly string[] {
  const { writerCut, otherCut, otherBack, serverCut, serverBack } = failures;
  const ms = (value: number | null | undefined) => {
    if (value === undefined) return '';
    return value === null ? `not in ${deadlineMs / 1_000} s` : seconds(value);
  };
  return [
    ms(writerCut.servedMs),
    `${ms(otherCut.wroteMs)}, ${ms(otherCut.servedMs)}`,
    ms(otherBack.servedMs),
    serverCut === undefined ? '' : `${ms(serverCut.wroteMs)}, ${ms(serverCut.servedMs)}`,
    ms(serverBack?.servedMs),
  ];
}

const seconds = (ms: number) => (ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`);

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
