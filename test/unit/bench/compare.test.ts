import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { describe } from 'vitest';
import { comparison } from '../../../bench/compare.ts';
import { ratio, type Figure } from '../../../bench/figure.ts';
import { report } from '../../../bench/report.ts';
import { readRun, writeRun, type Run } from '../../../bench/run.ts';
import { expect, test } from '../../support/temporary.ts';

const EARLIER: Run = {
  machine: '2 cores (X), 24 GiB',
  ...{ node: 'v20.20.2', lab: 'booted', date: '2026-11-24', commit: 'abc1234' },
  figures: [],
};

function compared(before: Partial<Figure>, now: Partial<Figure>, where: Partial<Run> = {}): string {
  const figure = { what: 'a / b', value: 1, unit: 'x' };
  const lines = comparison(
    { ...EARLIER, figures: [{ ...figure, ...before }] },
    { ...EARLIER, ...where, figures: [{ ...figure, ...now }] },
  );
  return lines.find((line) => line.startsWith('a / b')) ?? lines.join('\n');
}

describe('a run beside an earlier one', () => {
  test.for([
    [
      'whose middle halves meet is within the spread',
      { value: 1.1, spread: [1, 1.2] },
      { value: 1.25, spread: [1.18, 1.3] },
      '+0.15 x (+14 %), within the spread: 1.00 to 1.20 and 1.18 to 1.30',
    ],
    [
      'whose middle halves lie apart is beyond it',
      { value: 1.1, spread: [1, 1.2] },
      { value: 1.5, spread: [1.4, 1.6] },
      '+0.40 x (+36 %), beyond it: 1.00 to 1.20 and 1.40 to 1.60',
    ],
    [
      'that was measured once has no spread',
      { value: 80, unit: 'MB' },
      { value: 60, unit: 'MB' },
      '-20.0 MB (-25 %), measured once: its spread is not known',
    ],
    [
      'in another unit is not compared',
      { value: 80, unit: 'MB' },
      { value: 60, unit: 'ms' },
      'not compared: earlier MB, now ms',
    ],
    [
      'with another limit says so',
      { value: 1, atMost: 2.6, spread: [1, 1] },
      { value: 1, atMost: 1.12, spread: [1, 1] },
      'its limit was 2.6 and is 1.12',
    ],
    ['that has other rows says so', { what: 'c' }, {}, 'not measured earlier'],
  ] as const)('%s', ([, before, now, words]) => {
    expect(compared(before, now)).toContain(words);
  });

  test('of another machine is compared in its ratios alone, and both machines are told', () => {
    const figures = [
      { what: 'ratio', value: 1, unit: 'x' },
      { what: 'time', value: 5, unit: 's' },
    ];
    const other = { ...EARLIER, machine: '8 cores (Y), 64 GiB', commit: null, figures };
    const lines = comparison({ ...EARLIER, figures }, other);
    expect(lines.slice(0, 3)).toEqual([
      'earlier: 2 cores (X), 24 GiB, Node.js v20.20.2, booted lab, 2026-11-24, commit abc1234',
      'now:     8 cores (Y), 64 GiB, Node.js v20.20.2, booted lab, 2026-11-24',
      'another machine or Node.js: times and rates are not compared',
    ]);
    expect(lines.find((line) => line.startsWith('time'))).toContain('not compared: another machine');
    expect(lines.find((line) => line.startsWith('ratio'))).toContain('+0.00 x (+0 %)');
  });

  test('tells what was measured earlier alone', () => {
    const lines = comparison({ ...EARLIER, figures: [{ what: 'old', value: 2, unit: 's' }] }, EARLIER);
    expect(lines.slice(-2)).toEqual(['measured earlier and not now: 1', '  old: 2.0 s']);
  });
});

test('a run is read as it was written, with the spread of its rounds', async ({ directory }) => {
  const file = join(directory, 'run.json');
  const run = { ...EARLIER, figures: [ratio('a / b', [2, 4, 6], [1, 2, 2], 1.5)] };
  await writeRun(file, run);
  expect(await readRun(file)).toEqual(run);
  expect(run.figures[0]).toMatchObject({ value: 2, spread: [2, 2.5] });
});

test.for([
  ['text', 'not JSON'],
  ['[]', 'no run of this bench'],
  ['{"format": 2}', 'no run of this bench: format'],
  [JSON.stringify({ format: 1, ...EARLIER, figures: [{ what: 'x' }] }), 'figures.0.value'],
] as const)('what is no run is refused: %s', async ([text, words], { directory }) => {
  const file = join(directory, 'run.json');
  await writeFile(file, text);
  await expect(readRun(file)).rejects.toThrow(words);
});

const LIMITED: readonly (readonly [Figure, number, readonly string[]])[] = [
  [
    { what: 'a / b', value: 2.25, unit: 'x', atMost: 1.5 },
    1,
    ['over its limit: a / b: 2.25 x, at most 1.5: over by 0.75 x, 50 %'],
  ],
  [
    { what: 'token', value: 10.41, unit: 'ms', atMost: 10 },
    1,
    ['over its limit: token: 10.4 ms, at most 10: over by 0.4 ms, 4 %'],
  ],
  [{ what: 'c', value: 60, unit: 'MB', atMost: 60 }, 0, []],
  [{ what: 'd', value: 278.4, unit: 'ms' }, 0, []],
];

test.for(LIMITED)(
  'a figure over its limit says by how much, and the bench exits with 1: %o',
  ([figure, code, over]) => {
    const lines: string[] = [];
    expect(report({ ...EARLIER, figures: [figure] }, null, (line) => void lines.push(line))).toBe(code);
    expect(lines.filter((line) => line.startsWith('over'))).toEqual(over);
  },
);
