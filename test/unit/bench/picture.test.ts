import { expect, test } from 'vitest';
import { growthFigure } from '../../../bench/curve.ts';
import { picture } from '../../../bench/picture.ts';

const ROUNDS = new Map([
  [2, [100, 300, 200]],
  [50, [5_000]],
]);

test('what one more costs is taken from the first count to the last, by medians', () => {
  const { what, value, curve } = growthFigure('nodes', 'push and gate', ROUNDS);
  expect({ what, value }).toEqual({ what: 'push and gate: each further node', value: 100 });
  expect(curve?.points).toEqual([
    [2, 200],
    [50, 5_000],
  ]);
});

test('the picture has both axes with their words, a legend, and colours for a dark page', () => {
  const { curve } = growthFigure('nodes', 'push & gate', ROUNDS);
  const svg = picture(curve === undefined ? [] : [curve], '2026-11-28, 2 cores');
  for (const text of [
    'seconds',
    'nodes',
    'push &amp; gate',
    '2026-11-28, 2 cores',
    'prefers-color-scheme: dark',
  ])
    expect(svg).toContain(text);
  // 50 nodes stand at the right end, and 5 s below the top of an axis that goes to 10.
  expect(svg).toContain('400.0,194.0');
});
