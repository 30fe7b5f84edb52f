import { CertbotHaError, isForbidden } from '../base/errors.ts';
import type { CommandIo } from '../base/io.ts';
import { pausing } from '../base/waiting.ts';
import { readConfig } from '../cluster/load.ts';
import type { LoggedEvent } from '../state/event.ts';
import { wordsOfEvent } from '../state/event-words.ts';
import { followEvents } from '../state/follow-events.ts';
import { readEvents, type ReadEventsOptions } from '../state/read-events.ts';
import { sinceOf } from './since.ts';
import { usageError } from './usage-error.ts';
import { whileRead } from './while-read.ts';

interface EventsOptions {
  readonly json?: boolean | undefined;
  readonly follow?: boolean | undefined;
  readonly since?: string | undefined;
  readonly lines?: string | undefined;
  readonly lineage?: string | undefined;
  readonly failed?: boolean | undefined;
}

const LINES = 50;
const LINES_BEFORE_FOLLOWING = 10;

/** `certbot-ha events`: what has happened on this node. Asks nobody. */
export async function runEvents(
  io: CommandIo,
  { json, follow, since, lines, lineage, failed }: EventsOptions,
): Promise<0> {
  const from = since === undefined ? undefined : sinceOf(since, 'events');
  const usual = from !== undefined ? Infinity : follow ? LINES_BEFORE_FOLLOWING : LINES;
  const limit = lines === undefined ? usual : countOf(lines);
  const { stateDir } = readConfig(io.env);
  const isAsked = ({ outcome, lineage: of, identifier }: LoggedEvent) =>
    (!failed || outcome !== 'ok') && (lineage === undefined || of === lineage || identifier === lineage);
  const say = (events: readonly LoggedEvent[]) => {
    for (const event of events) io.out(json ? JSON.stringify(event) : lineOf(event));
  };
  const reading = { limit, only: isAsked, ...(from && { since: from }) };
  try {
    if (follow) {
      await pausing(io, async () => await keepShowing(stateDir, { reading, say, signal: whileRead(io) }));
      return 0;
    }
    const events = await readEvents(stateDir, reading);
    say(events);
    if (events.length === 0 && !json) io.out('no such event is kept on this node');
    return 0;
  } catch (error) {
    if (!isForbidden(error)) throw error;
    const found = { code: 'file-unreadable', file: error.path ?? stateDir, error: error.code } as const;
    throw new CertbotHaError('failed', found, {
      cause: error,
      hint: 'run it as root: sudo certbot-ha events',
    });
  }
}

interface Showing {
  readonly reading: ReadEventsOptions & Required<Pick<ReadEventsOptions, 'only'>>;
  readonly say: (events: readonly LoggedEvent[]) => void;
  readonly signal: AbortSignal;
}

/** Follows first, and reads then, so that none falls between. */
async function keepShowing(stateDir: string, { reading, say, signal }: Showing): Promise<void> {
  let said: Set<string> | null = null;
  const early: LoggedEvent[] = [];
  let isReady = () => {};
  const ready = new Promise<void>((resolve) => void (isReady = resolve));
  const over = new AbortController();
  signal.addEventListener('abort', () => over.abort(), { once: true });
  const following = followEvents(stateDir, {
    signal: over.signal,
    onReady: isReady,
    onEvents: (events) => {
      const asked = events.filter(reading.only);
      if (said === null) early.push(...asked);
      else say(asked);
    },
  });
  try {
    await Promise.race([ready, following]);
    const before = await readEvents(stateDir, reading);
    say(before);
    said = new Set(before.map((event) => JSON.stringify(event)));
    const known = said;
    say(early.filter((event) => !known.has(JSON.stringify(event))));
    await following;
  } finally {
    // What keeps it from going on would not end the watch.
    over.abort();
    await Promise.allSettled([following]);
  }
}

/** `2026-11-28 09:30:00  auth       batch of challenges, …: ok`, by this host's time zone. */
function lineOf(event: LoggedEvent): string {
  return `${localTime(new Date(event.at))}  ${event.program.padEnd('installer'.length)}  ${wordsOfEvent(event)}`;
}

function localTime(at: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  return `${date} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`;
}

/** @throws {CertbotHaError} `usage` */
function countOf(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw usageError(`--lines: expected a number, got "${text}"`, 'events');
}
