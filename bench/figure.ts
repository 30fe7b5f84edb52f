import { tableLines } from '../lib/base/table.ts';

/** One line of the bench's table. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  /** `x` for a ratio, else a unit */
  readonly unit: string;
  /** what the value must not exceed, where there is such a limit */
  readonly atMost?: number;
  /** what the ratio was made of */
  readonly from?: string;
}

export function row({ what, value, unit, atMost, from }: Figure): readonly string[] {
  const shown = unit === 'x' ? value.toFixed(2) : Math.round(value).toString();
  return [what, `${shown} ${unit}`, atMost === undefined ? '' : `<= ${atMost}`, from ?? ''];
}

export function table(rows: readonly (readonly string[])[]): readonly string[] {
  return tableLines(['FIGURE', 'VALUE', 'LIMIT', 'FROM'], rows);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The value that 99 of 100 do not exceed. */
export function percentile99(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
}

/** A ratio of two medians. */
export function ratio(
  what: string,
  measured: readonly number[],
  base: readonly number[],
  atMost?: number,
): Figure {
  const ms = (values: readonly number[]) => `${Math.round(median(values))} ms`;
  return {
    what,
    value: median(measured) / median(base),
    unit: 'x',
    from: `${ms(measured)} / ${ms(base)}, ${measured.length} and ${base.length} runs`,
    ...(atMost === undefined ? {} : { atMost }),
  };
}
