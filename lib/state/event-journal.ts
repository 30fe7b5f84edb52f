import { writeJournal, type JournalFields } from '../system/journald.ts';
import type { EventName, LoggedEvent } from './event.ts';
import { wordsOfEvent } from './event-words.ts';

const WRITTEN_WITHIN_MS = 2_000;
/** A process each: what is beyond that is in the file alone. */
const MAX_ENTRIES = 8;
/** The parts of something that has an event of its own: where they have succeeded, that says so. */
const PARTS: ReadonlySet<EventName> = new Set([
  'challenge-presented',
  'challenge-removed',
  'challenge-received',
  'challenge-gate',
  'certificate-gate',
  'lookup',
]);

/** Tells the journal what has failed, and what has come to its end. Never rejects. */
export async function tellJournal(events: readonly LoggedEvent[]): Promise<void> {
  const told = events.filter(({ event, outcome }) => outcome !== 'ok' || !PARTS.has(event));
  // The end is told last, and tells most.
  await writeJournal(told.slice(-MAX_ENTRIES).map(fieldsOf), WRITTEN_WITHIN_MS);
}

function fieldsOf(event: LoggedEvent): JournalFields {
  const values = Object.entries(event).map(([name, value]) => [
    `CERTBOT_HA_${name.toUpperCase()}`,
    String(value),
  ]);
  return {
    MESSAGE: `${event.program}: ${wordsOfEvent(event)}`,
    PRIORITY: event.outcome === 'ok' ? '6' : '4',
    SYSLOG_IDENTIFIER: 'certbot-ha',
    ...Object.fromEntries(values),
  };
}
