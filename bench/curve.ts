import { median, type Curve, type Figure } from './figure.ts';

/** Milliseconds of the rounds, for each count. */
export type Rounds = ReadonlyMap<number, readonly number[]>;

/** What one more costs, and the line of the picture. */
export function growthFigure(over: Curve['over'], name: string, rounds: Rounds): Figure {
  const curve = curveOf(over, name, rounds);
  const what = `${name}: each further ${over === 'nodes' ? 'node' : 'name'}`;
  return { what, value: costOfOneMore(curve), unit: 'ms', curve };
}

function curveOf(over: Curve['over'], name: string, rounds: Rounds): Curve {
  const points = [...rounds].map(([count, values]) => [count, median(values)] as const);
  return { over, name, points: points.toSorted(([one], [other]) => one - other) };
}

/** Milliseconds, from the first point to the last. */
function costOfOneMore({ points }: Curve): number {
  const [first, last] = [points.at(0), points.at(-1)];
  if (first === undefined || last === undefined) return Number.NaN;
  return (last[1] - first[1]) / (last[0] - first[0]);
}
