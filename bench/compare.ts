import { tableLines } from '../lib/base/table.ts';
import { shown, type Figure, type Spread } from './figure.ts';
import { lineOfRun, type Run } from './run.ts';

/** Whatever machine they come from, they can be compared; the rest are times and rates. */
const FREE_OF_THE_MACHINE: ReadonlySet<string> = new Set(['x', 'MB', '']);

/** What has become of each figure since an earlier run, for people; and what cannot be compared, and why. */
export function comparison(earlier: Run, now: Run): readonly string[] {
  const before = new Map(earlier.figures.map((figure) => [figure.what, figure]));
  const isOneMachine = earlier.machine === now.machine && earlier.node === now.node;
  const rows = now.figures.map((figure) => rowOf(before.get(figure.what), figure, isOneMachine));
  const measured = new Set(now.figures.map(({ what }) => what));
  const absent = earlier.figures.filter(({ what }) => !measured.has(what));
  return [
    `earlier: ${lineOfRun(earlier)}`,
    `now:     ${lineOfRun(now)}`,
    ...(isOneMachine ? [] : ['another machine or Node.js: times and rates are not compared']),
    '',
    ...tableLines(['FIGURE', 'EARLIER', 'NOW', 'DIFFERENCE'], rows),
    ...(absent.length === 0 ? [] : ['', `measured earlier and not now: ${absent.length}`]),
    ...absent.map(({ what, value, unit }) => `  ${what}: ${shown(value, unit)}`),
  ];
}

function rowOf(before: Figure | undefined, now: Figure, isOneMachine: boolean): readonly string[] {
  const value = shown(now.value, now.unit);
  if (before === undefined) return [now.what, '', value, 'not measured earlier'];
  const cells = [now.what, shown(before.value, before.unit), value];
  if (before.unit !== now.unit) return [...cells, `not compared: earlier ${before.unit}, now ${now.unit}`];
  if (!isOneMachine && !FREE_OF_THE_MACHINE.has(now.unit)) return [...cells, 'not compared: another machine'];
  return [...cells, `${difference(before, now)}${limitMoved(before, now)}`];
}

function difference(before: Figure, now: Figure): string {
  const change = now.value - before.value;
  const share = before.value === 0 ? '' : ` (${signed(Math.round((change / before.value) * 100))} %)`;
  const by = `${change < 0 ? '' : '+'}${shown(change, now.unit)}${share}`;
  const { spread: one } = before;
  const { spread: other } = now;
  if (one === undefined && other === undefined) return `${by}, measured once: its spread is not known`;
  const [first, second] = [one ?? alone(before), other ?? alone(now)];
  const spreads = `${between(first)} and ${between(second)}`;
  return overlap(first, second) ? `${by}, within the spread: ${spreads}` : `${by}, beyond it: ${spreads}`;
}

function alone({ value }: Figure): Spread {
  return [value, value];
}

function overlap([low, high]: Spread, [otherLow, otherHigh]: Spread): boolean {
  return low <= otherHigh && otherLow <= high;
}

function between([low, high]: Spread): string {
  const digits = high < 10 ? 2 : 0;
  return `${low.toFixed(digits)} to ${high.toFixed(digits)}`;
}

function signed(value: number): string {
  return value < 0 ? String(value) : `+${value}`;
}

function limitMoved({ atMost: before }: Figure, { atMost: now }: Figure): string {
  if (before === now) return '';
  return `; its limit was ${before ?? 'none'} and is ${now ?? 'none'}`;
}
