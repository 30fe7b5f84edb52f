import type { LoggedEvent } from '../../state/event.ts';

/** `challenge presented` */
export function eventWords({ event }: Pick<LoggedEvent, 'event'>): string {
  return event.replaceAll('-', ' ');
}

/** What it was about: a certificate, a name, a number of tokens. */
export function subjectOf({ identifier, lineage, tokens }: LoggedEvent): string {
  const what = lineage ?? identifier;
  const count = tokens === undefined ? undefined : `${tokens} ${tokens === 1 ? 'token' : 'tokens'}`;
  return [what, count].filter((part) => part !== undefined).join(', ') || '–';
}

/** Which node or VIP it was about. */
export function placeOf({ target, peer }: LoggedEvent): string {
  return target ?? peer ?? 'here';
}

export function tookOf({ ms }: Pick<LoggedEvent, 'ms'>): string {
  if (ms === undefined) return '–';
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
