import { counted } from '../base/counted.ts';
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

/** `challenge gate, a.example, at web2, 2 challenges, 0.42 s: ok` */
export function wordsOfEvent(event: LoggedEvent): string {
  return `${[WORDS[event.event], ...detailsOf(event)].join(', ')}: ${event.outcome === 'ok' ? 'ok' : `failed [${event.outcome}]`}`;
}

function detailsOf({ identifier, lineage, target, peer, tokens, ms, event }: LoggedEvent): readonly string[] {
  return [
    identifier,
    lineage,
    target === undefined ? undefined : `at ${target}`,
    peer === undefined ? undefined : `${FROM.has(event) ? 'from' : 'on'} ${peer}`,
    tokens === undefined ? undefined : counted(tokens, COUNTED[event] ?? 'challenge'),
    ms === undefined ? undefined : `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`,
  ].filter((words) => words !== undefined);
}

const FROM: ReadonlySet<EventName> = new Set(['challenge-received', 'lookup']);
/** What `tokens` counts where it is no challenges. */
const COUNTED: Partial<Readonly<Record<EventName, string>>> = {
  doctor: 'complaint',
  notification: 'message',
};
