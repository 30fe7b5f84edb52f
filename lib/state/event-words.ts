import { counted } from '../base/counted.ts';
import { MINUTE_MS, spanOf } from '../system/spans.ts';
import type { EventName, LoggedEvent } from './event.ts';

/** What has happened, for people. */
const WORDS: Readonly<Record<EventName, string>> = {
  'challenge-presented': 'challenges presented',
  'challenge-removed': 'challenges removed',
  'challenge-received': 'challenges received',
  'challenge-gate': 'challenge gate',
  batch: 'batch of challenges',
  lookup: 'challenge looked up',
  'certificate-gate': 'certificate gate',
  delivery: 'delivery',
  installation: 'installation',
  renewal: 'renewal',
  drill: 'drill',
  doctor: 'doctor',
  sync: 'sync',
  deletion: 'deletion',
  notification: 'notification',
};

/** `challenges presented` */
export function eventWords({ event }: Pick<LoggedEvent, 'event'>): string {
  return WORDS[event];
}

/** What it was about: a name, a lineage, how many of what; null: that is not said. */
export function subjectOf({ identifier, lineage, tokens, event, challenge }: LoggedEvent): string | null {
  const type = challenge === 'dns-01' ? ' of DNS-01' : '';
  const count = tokens === undefined ? undefined : `${counted(tokens, COUNTED[event] ?? 'challenge')}${type}`;
  return [lineage, identifier, count].filter((part) => part !== undefined).join(', ') || null;
}

/** Which node or VIP it was about; null: this node alone. */
export function placeOf({ target, peer }: LoggedEvent): string | null {
  return target ?? peer ?? null;
}

/** How long it took: `38 ms`, `2.1 s`, `3 min`; null: that is not said. */
export function tookOf({ ms }: Pick<LoggedEvent, 'ms'>): string | null {
  if (ms === undefined) return null;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 2 * MINUTE_MS ? `${(ms / 1000).toFixed(1)} s` : spanOf(ms);
}

/** `challenge gate, a.example, at web2, 2 challenges, 420 ms: ok` */
export function wordsOfEvent(event: LoggedEvent): string {
  const { target, peer } = event;
  const details = [
    subjectOf(event),
    target === undefined ? null : `at ${target}`,
    peer === undefined ? null : `${FROM.has(event.event) ? 'from' : 'on'} ${peer}`,
    tookOf(event),
  ].filter((words) => words !== null);
  return `${[eventWords(event), ...details].join(', ')}: ${event.outcome === 'ok' ? 'ok' : `failed [${event.outcome}]`}`;
}

const FROM: ReadonlySet<EventName> = new Set(['challenge-received', 'lookup']);
/** What `tokens` counts where it is no challenges. */
const COUNTED: Partial<Readonly<Record<EventName, string>>> = {
  doctor: 'complaint',
  notification: 'message',
};
