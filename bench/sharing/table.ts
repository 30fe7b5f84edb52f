import { median } from '../figure.ts';
import type { Failures } from './failures.ts';
import type { Issuances } from './issuances.ts';
import type { Latency } from './latency.ts';
import type { Figures, Measured } from './measure.ts';

/** The figures as tables in Markdown: what it does when all is well, and when a cable is pulled. */
export function markdownOf(measured: readonly Measured[], deadlineMs: number): string {
  const known = measured.flatMap(({ title, figures }) => (figures === undefined ? [] : [{ title, figures }]));
  const cut = known.flatMap(({ title, figures: { failures } }) =>
    failures === undefined ? [] : [[title, ...failureCells(failures, deadlineMs)]],
  );
  const absent = measured.flatMap(({ title, absent: why }) =>
    why === undefined ? [] : [`- ${title}: ${why.split('\n')[0]}`],
  );
  return [
    ...table(
      WELL,
      known.map(({ title, figures }) => [title, ...wellCells(figures)]),
    ),
    ...(cut.length === 0 ? [] : ['', ...table(CUT, cut)]),
    ...(absent.length === 0 ? [] : ['', 'Not measured:', '', ...absent]),
    '',
  ].join('\n');
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

function timesOf({ medianMs, p99Ms, missing }: Latency): string {
  const ms = (value: number) => (value === Infinity ? 'never' : `${Math.round(value)} ms`);
  return `${ms(medianMs)}, ${ms(p99Ms)}${missing === 0 ? '' : ` (${missing} not in time)`}`;
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

function table(header: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)];
}
