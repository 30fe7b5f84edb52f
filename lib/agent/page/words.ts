import { spanOf } from '../../system/spans.ts';

/** How something is: each has a sign and words of its own, since a colour alone tells some readers nothing. */
export type Mark = 'good' | 'warn' | 'bad' | 'unknown' | 'idle';

export const SIGNS: Readonly<Record<Mark, string>> = {
  good: '✓',
  warn: '!',
  bad: '✗',
  unknown: '?',
  idle: '–',
};

/** What is worst comes first. */
const RANKS: readonly Mark[] = ['bad', 'warn', 'unknown', 'good', 'idle'];

export function worstOf(marks: readonly Mark[]): Mark {
  return RANKS.find((mark) => marks.includes(mark)) ?? 'idle';
}

/** How long ago, or how long until then. */
export function awayOf(time: string, nowMs: number): string {
  const ms = Date.parse(time) - nowMs;
  if (Number.isNaN(ms)) return 'at an unknown time';
  return ms < 0 ? `${spanOf(-ms)} ago` : `in ${spanOf(ms)}`;
}

/** `2026-11-28 08:51 UTC` */
export function minuteOf(time: string): string {
  return isTime(time) ? `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC` : 'unknown';
}

/** `2026-11-28 08:51:02` */
export function secondOf(time: string): string {
  return isTime(time) ? new Date(time).toISOString().slice(0, 19).replace('T', ' ') : 'unknown';
}

/** `2026-11-28` */
export function dayOf(time: string): string {
  return isTime(time) ? new Date(time).toISOString().slice(0, 10) : 'unknown';
}

function isTime(time: string): boolean {
  return !Number.isNaN(Date.parse(time));
}
