import type { ShownEvent } from './snapshot.ts';

/** `challenge presented` */
export function eventWords({ event }: Pick<ShownEvent, 'event'>): string {
  return event.replaceAll('-', ' ');
}

/** What it was about: a certificate, a name, a number of tokens. */
export function subjectOf({ identifier, lineage, tokens }: ShownEvent): string {
  const what = lineage ?? identifier;
  const count = tokens === undefined ? undefined : `${tokens} ${tokens === 1 ? 'token' : 'tokens'}`;
  return [what, count].filter((part) => part !== undefined).join(', ') || '–';
}

/** Which node or VIP it was about. */
export function placeOf({ target, peer }: ShownEvent): string {
  return target ?? peer ?? 'here';
}

export function tookOf({ ms }: Pick<ShownEvent, 'ms'>): string {
  if (ms === undefined) return '–';
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
