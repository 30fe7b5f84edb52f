import { tableLines } from '../lib/base/table.ts';

/** One line of the bench's table. */
export interface Figure {
  /** names what is measured, and what it is compared to: two figures with the same words mean the same */
  readonly what: string;
  readonly value: number;
  /** `x` for a ratio, else a unit */
  readonly unit: string;
  /** what the value must not exceed, where there is such a limit */
  readonly atMost?: number;
  /** what the ratio was made of */
  readonly from?: string;
  /** the middle half of the rounds lies between these; absent: it was measured once */
  readonly spread?: Spread;
  /** what the picture shows of it */
  readonly curve?: Curve;
}

/** How a time grows with a count: a line of the picture. */
export interface Curve {
  /** which of its halves it belongs to */
  readonly over: 'nodes' | 'names';
  /** the line's name */
  readonly name: string;
  /** count, and milliseconds; in the order of the counts */
  readonly points: readonly (readonly [number, number])[];
}

export type Spread = readonly [number, number];

export function row({ what, value, unit, atMost, from }: Figure): readonly string[] {
  return [what, shown(value, unit), atMost === undefined ? '' : `<= ${atMost}`, from ?? ''];
}

/** `1.10 x`, `60.2 MB`, `10.4 ms`, `278 ms`, `2.3 s` */
export function shown(value: number, unit: string): string {
  return `${value.toFixed(digitsOf(value, unit))} ${unit}`;
}

/** As many as tell a figure from its limit. */
function digitsOf(value: number, unit: string): 0 | 1 | 2 {
  if (unit === 'x') return 2;
  if (unit === 's') return 1;
  return (unit === 'ms' || unit === 'MB') && Math.abs(value) < 100 ? 1 : 0;
}

export function table(rows: readonly (readonly string[])[]): readonly string[] {
  return tableLines(['FIGURE', 'VALUE', 'LIMIT', 'FROM'], rows);
}

/** A line for each figure that is over its limit: by how much. */
export function overLimit(figures: readonly Figure[]): readonly string[] {
  return figures.flatMap(({ what, value, unit, atMost }) => {
    if (atMost === undefined || value <= atMost) return [];
    const by = `${shown(value - atMost, unit)}, ${Math.round((value / atMost - 1) * 100)} %`;
    return [`over its limit: ${what}: ${shown(value, unit)}, at most ${atMost}: over by ${by}`];
  });
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value that 99 of 100 do not exceed. */
export function percentile99(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
}

/** @param part 0 to 1; between two values the one in their middle, by their distance */
function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (sorted.length - 1) * part;
  const [low, high] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN];
  return low + (high - low) * (at - Math.floor(at));
}

/** Where the middle half of the values lies; nothing for one value. */
export function spreadOf(values: readonly number[]): Pick<Figure, 'spread'> {
  if (values.length < 2) return {};
  return { spread: [quantile(values, 0.25), quantile(values, 0.75)] };
}

/** A median, of rounds. */
export function medianOf(
  what: string,
  values: readonly number[],
  { unit, atMost }: Pick<Figure, 'unit' | 'atMost'>,
): Figure {
  const rounds = values.length === 1 ? '1 round' : `median of ${values.length}`;
  const from = values.length < 2 ? rounds : `${rounds}, ${shown(Math.min(...values), unit)} at best`;
  return {
    ...{ what, value: median(values), unit, from, ...spreadOf(values) },
    ...(atMost !== undefined && { atMost }),
  };
}

/** A ratio of two medians. Its spread is that of the rounds' own ratios where they went in turns: by default where there are as many. */
export function ratio(
  what: string,
  measured: readonly number[],
  base: readonly number[],
  atMost?: number,
  areInTurns: boolean = measured.length === base.length,
): Figure {
  const ms = (values: readonly number[]) => shown(median(values), 'ms');
  const each = measured.map((value, round) => value / (areInTurns ? (base[round] ?? NaN) : median(base)));
  return {
    what,
    value: median(measured) / median(base),
    unit: 'x',
    from: `${ms(measured)} / ${ms(base)}, ${measured.length} and ${base.length} runs`,
    ...spreadOf(each),
    ...(atMost === undefined ? {} : { atMost }),
  };
}
