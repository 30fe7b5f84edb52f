import { DAY_MS, HOUR_MS, MINUTE_MS } from '../system/spans.ts';
import { usageError } from './usage-error.ts';

const UNITS = { s: 1_000, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS } as const;

/**
 * The time that --since names: so long ago, or a date, with or without a time, of this host's time zone unless it says another.
 * @throws {CertbotHaError} `usage` for anything else
 */
export function sinceOf(text: string, command: string, now = new Date()): Date {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text.trim()) ?? [];
  if (count !== undefined && isUnit(unit)) return new Date(now.getTime() - Number(count) * UNITS[unit]);
  const [, date, time = '00:00'] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:?\d\d)?))?$/.exec(
      text.trim(),
    ) ?? [];
  const at = new Date(`${date}T${time}`);
  if (date !== undefined && isDay(date) && !Number.isNaN(at.getTime())) return at;
  throw usageError(
    `--since: expected a time such as 2026-11-28, "2026-11-28 09:30" or 12h, got "${text}"`,
    command,
  );
}

/** February has no 31st, which Node.js takes for a day of March. */
function isDay(date: string): boolean {
  const midnight = new Date(`${date}T00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date);
}

function isUnit(text: string | undefined): text is keyof typeof UNITS {
  return text !== undefined && text in UNITS;
}
