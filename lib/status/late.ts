import { renewalConfOf } from '../certbot/config-dir.ts';
import { readSettings, TOP } from '../certbot/settings.ts';
import { timeOf } from '../lineage/generation.ts';
import { orNone, textOf } from '../system/read-file.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../system/spans.ts';
import type { LineageRow } from './lineage-row.ts';
import type { Trouble } from './troubles.ts';

/** certbot renews when a third of the time is left, and of less than ten days when half is (certbot, storage.py). */
const LAST_THIRD = 1 / 3;
const LAST_HALF = 1 / 2;
const SHORT_MS = 10 * DAY_MS;
/** certbot's timer runs twice a day, at a random time of the half: between two runs there may be a day. */
const MARGIN_MS = 2 * DAY_MS;
/** Of a certificate of six days that would be too much. */
const MAX_MARGIN = 1 / 6;

type Dates = Pick<LineageRow, 'lineage' | 'notBefore' | 'notAfter'>;

/**
 * Lineages whose renewal was due some time ago, whichever node should have made it: it may be dead, and this is seen on every other one.
 * @param terms how long before their end certbot renews those of them that say so, in milliseconds
 */
export function lateRenewals(
  rows: readonly Dates[],
  terms: ReadonlyMap<string, number>,
  nowMs: number,
): readonly Trouble[] {
  return eachLineage(rows).flatMap(({ lineage, ...dates }) => {
    const { due, isLate, termMs, lifeMs } = dueOf(dates, terms.get(lineage), nowMs);
    const found = { code: 'renewal-late', lineage, due, notAfter: timeOf(dates.notAfter) } as const;
    return [
      ...(termMs >= lifeMs ? [tooLong(lineage, { termMs, lifeMs })] : []),
      ...(isLate ? [{ who: null, found }] : []),
    ];
  });
}

/** When a lineage is renewed next. */
export interface Renewal {
  readonly lineage: string;
  /** from when on certbot renews it, ISO 8601 */
  readonly due: string;
  /** it was due some time ago */
  readonly isLate: boolean;
}

/** The same for each lineage, late or not. */
export function renewalsOf(
  rows: readonly Dates[],
  terms: ReadonlyMap<string, number>,
  nowMs: number,
): readonly Renewal[] {
  return eachLineage(rows).map(({ lineage, ...dates }) => {
    const { due, isLate } = dueOf(dates, terms.get(lineage), nowMs);
    return { lineage, due, isLate };
  });
}

function eachLineage(rows: readonly Dates[]): readonly Dates[] {
  return [
    ...new Map(
      rows.map(({ lineage, notBefore, notAfter }) => [lineage, { lineage, notBefore, notAfter }]),
    ).values(),
  ];
}

function dueOf({ notBefore, notAfter }: Omit<Dates, 'lineage'>, term: number | undefined, nowMs: number) {
  const end = Date.parse(notAfter);
  const lifeMs = end - Date.parse(notBefore);
  const termMs = term ?? lifeMs * (lifeMs < SHORT_MS ? LAST_HALF : LAST_THIRD);
  // With a term that is longer, certbot renews at every run, and no earlier than it has issued.
  const dueMs = termMs >= lifeMs ? Date.parse(notBefore) : end - termMs;
  const isLate = nowMs - dueMs > Math.min(MARGIN_MS, lifeMs * MAX_MARGIN);
  return { due: timeOf(secondOf(dueMs)), isLate, termMs, lifeMs };
}

/** The CA refuses the sixth certificate of the same names within a week. */
function tooLong(
  lineage: string,
  { termMs, lifeMs }: Readonly<Record<'termMs' | 'lifeMs', number>>,
): Trouble {
  const [termHours, lifeHours] = [termMs, lifeMs].map((ms) => Math.round(ms / HOUR_MS));
  const spans = { termHours: termHours ?? 0, lifeHours: lifeHours ?? 0 };
  return { who: null, found: { code: 'renewal-term-too-long', lineage, ...spans } };
}

function secondOf(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString();
}

const UNITS: Readonly<Record<string, number>> = {
  minute: MINUTE_MS,
  hour: HOUR_MS,
  day: DAY_MS,
  week: 7 * DAY_MS,
};

/** What this node's own renewal configurations say of `renew_before_expiry`. */
export async function renewalTerms(
  configDir: string,
  lineages: Iterable<string>,
): Promise<ReadonlyMap<string, number>> {
  const terms = new Map<string, number>();
  for (const lineage of new Set(lineages)) {
    const text = await orNone(textOf(renewalConfOf(configDir, lineage)), null);
    const settings = text === null ? [] : readSettings(text);
    const term = settings.find(({ section, key }) => section === TOP && key === 'renew_before_expiry');
    const [, number, unit = ''] = /^(\d{1,4}) ?(minute|hour|day|week)s?$/.exec(term?.value ?? '') ?? [];
    const unitMs = UNITS[unit];
    if (unitMs !== undefined) terms.set(lineage, Number(number) * unitMs);
  }
  return terms;
}
