import * as v from 'valibot';
import type { FindingCode } from '../findings/register.ts';
import { isStamp, lineageName } from '../lineage/schemas.ts';

/** What writes events. */
export const EVENT_PROGRAMS = [
  'auth',
  'cleanup',
  'deploy',
  'installer',
  'sync',
  'agent',
  'drill',
  'doctor',
  'notify',
  'delete',
] as const;

/** What happens, by names that are stable once they are published. */
export const EVENT_NAMES = [
  'challenge-presented',
  'challenge-removed',
  'challenge-received',
  'challenge-gate',
  'batch',
  'lookup',
  'certificate-gate',
  'delivery',
  'installation',
  'renewal',
  'drill',
  'doctor',
  'sync',
  'deletion',
  'notification',
] as const;

export type EventProgram = (typeof EVENT_PROGRAMS)[number];
export type EventName = (typeof EVENT_NAMES)[number];

/** What a program says of an event: the rest is added when it is written. Never a key, nor a key authorization. */
export interface NewEvent {
  readonly event: EventName;
  /** the domain name or IP address that a challenge is for; of several, the first */
  readonly identifier?: string;
  readonly lineage?: string;
  /** a node, or a VIP's address */
  readonly target?: string;
  /** the node at the other end */
  readonly peer?: string;
  /** how many */
  readonly tokens?: number;
  /** of challenges: their type; absent: http-01, or of both */
  readonly challenge?: 'dns-01';
  /** how long it took, in milliseconds */
  readonly ms?: number;
  readonly outcome: 'ok' | FindingCode;
}

const word = (maxLength: number) => v.pipe(v.string(), v.maxLength(maxLength), v.regex(/^[\x21-\x7e]+$/));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const OPTIONAL = {
  identifier: v.optional(word(253)),
  lineage: v.optional(lineageName),
  target: v.optional(word(64)),
  peer: v.optional(word(64)),
  tokens: v.optional(count),
  challenge: v.optional(v.literal('dns-01')),
  ms: v.optional(count),
} as const;

const eventSchema = v.object({
  /** as `Date.toISOString` writes it */
  at: v.pipe(v.string(), v.check(isStamp)),
  /** the node that it is on */
  node: word(64),
  program: v.picklist(EVENT_PROGRAMS),
  event: v.picklist(EVENT_NAMES),
  ...OPTIONAL,
  /** `ok`, or the register's code */
  outcome: v.pipe(v.string(), v.maxLength(64), v.regex(/^[a-z][a-z0-9-]*$/)),
});

/** An event as it is read. Its values are words without spaces or control characters: who has written them is not known. */
export type LoggedEvent = Readonly<v.InferOutput<typeof eventSchema>>;

/** A longer line is none of ours. */
export const MAX_LINE_BYTES = 4096;

/** An event from a line; null where it is damaged, cut off, or not ours. */
export function parseEvent(line: string): LoggedEvent | null {
  if (!line.startsWith('{') || line.length > MAX_LINE_BYTES) return null;
  try {
    const checked = v.safeParse(eventSchema, JSON.parse(line));
    return checked.success ? checked.output : null;
  } catch {
    return null; // not JSON
  }
}

/** What is written of it: without the values that a reader would not take. Null where nothing of it would be read. */
export function loggedEvent(
  who: Pick<LoggedEvent, 'at' | 'node' | 'program'>,
  { ms, ...event }: NewEvent,
): LoggedEvent | null {
  const given: Readonly<Record<string, unknown>> = {
    ...event,
    ...(ms !== undefined && { ms: Math.round(ms) }),
  };
  const sound = Object.entries(OPTIONAL).filter(([name, schema]) => v.is(schema, given[name]));
  const values = Object.fromEntries(
    sound.map(([name]) => [name, given[name]]).filter(([, value]) => value !== undefined),
  );
  const checked = v.safeParse(eventSchema, {
    ...who,
    event: event.event,
    ...values,
    outcome: event.outcome,
  });
  return checked.success ? checked.output : null;
}
