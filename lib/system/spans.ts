/** Spans of time in milliseconds. */
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** `12 s`, `4 min`, `3 h`, `5 days`; the time is cut off, not rounded */
export function spanOf(ms: number): string {
  const span = Math.max(0, ms);
  if (span < 2 * MINUTE_MS) return `${Math.floor(span / 1000)} s`;
  if (span < 2 * HOUR_MS) return `${Math.floor(span / MINUTE_MS)} min`;
  if (span < 2 * DAY_MS) return `${Math.floor(span / HOUR_MS)} h`;
  return `${Math.floor(span / DAY_MS)} days`;
}
