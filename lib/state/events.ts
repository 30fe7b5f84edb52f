import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { CertbotHaError, isAbsent } from '../base/errors.ts';
import { inTurn, type Turn } from '../system/in-turn.ts';
import { orNone, statOf } from '../system/read-file.ts';
import { writeNew } from '../system/write-file.ts';
import { loggedEvent, type EventProgram, type LoggedEvent, type NewEvent } from './event.ts';
import { layoutOf } from './layout.ts';

/** From this size on, root's programs put the file aside. */
const ROTATE_AT_BYTES = 1_048_576;
/** The agent, which cannot put it aside, goes on to twice that: some five thousand events between two runs of sync. */
const AGENTS_SHARE = 2;

/** `stateDir/events.jsonl`, a line an event. */
export interface Events {
  /**
   * Appends them, one write(2) a line. Never rejects, and takes a second at most: what cannot be written is lost, since no
   * event is worth a certificate.
   */
  write(...events: readonly NewEvent[]): Promise<void>;
  /** Makes the file where there is none, and puts it aside where it is large, for the agent, which can do neither. As `write` otherwise. */
  tend(): Promise<void>;
}

export interface EventsOptions {
  /** this node's name */
  readonly node: string;
  readonly program: EventProgram;
  /** gets what has been written, side by side with that: the journal */
  readonly also?: (events: readonly LoggedEvent[]) => Promise<void>;
  /** called once when the agent's share of the file is full, and again when it was not meanwhile */
  readonly onFull?: (file: string) => void;
  /** called with how many could not be written */
  readonly onLost?: (count: number) => void;
  /** for work on files of stateDir; default: this log alone, one write after another, each within a second */
  readonly turn?: Turn;
  /** default 1 MiB */
  readonly rotateAtBytes?: number;
}

/**
 * The file is root's. The agent appends to it, and neither makes it nor puts it aside: so no name in stateDir is the agent's to
 * choose. A link in its place is not followed.
 */
export function createEvents(stateDir: string, options: EventsOptions): Events {
  const { node, program, also, onFull, onLost, rotateAtBytes = ROTATE_AT_BYTES } = options;
  const { events: file, requests } = layoutOf(stateDir);
  const { turn = inTurn(file) } = options;
  const isAgent = program === 'agent';
  let isFull = false;

  async function append(lines: readonly string[]): Promise<void> {
    const handle = await opened(file, isAgent ? null : requests);
    try {
      const { size } = await handle.stat();
      const wasFull = isFull;
      isFull = isAgent && size >= AGENTS_SHARE * rotateAtBytes;
      if (isFull) {
        if (!wasFull) onFull?.(file);
        onLost?.(lines.length);
        return;
      }
      let written = 0;
      for (const line of await afterWhole(handle, size, lines))
        written += (await handle.write(line)).bytesWritten;
      if (isAgent || size + written < rotateAtBytes) return;
    } finally {
      await handle.close();
    }
    // Imported late: few programs find it that large.
    const { rotateEvents } = await import('./rotate-events.ts');
    await rotateEvents(stateDir, rotateAtBytes);
  }

  async function appended(lines: readonly string[]): Promise<void> {
    try {
      await turn(async () => await append(lines));
    } catch (error) {
      onLost?.(lines.length);
      throw error;
    }
  }

  return {
    async tend() {
      await Promise.allSettled([appended([])]);
    },
    async write(...events) {
      const at = new Date().toISOString();
      const logged = events.flatMap((event) => loggedEvent({ at, node, program }, event) ?? []);
      if (logged.length === 0) return;
      const lines = logged.map((event) => `${JSON.stringify(event)}\n`);
      await Promise.allSettled([appended(lines), also?.(logged)]);
    },
  };
}

/** @param requests makes it where there is none, with the group of this directory */
async function opened(file: string, requests: string | null): Promise<FileHandle> {
  try {
    return await openPlain(file);
  } catch (error) {
    if (requests === null || !isAbsent(error)) throw error;
    await make(file, requests);
    return await openPlain(file);
  }
}

/** Neither waits for a pipe in its place nor follows a link. */
async function openPlain(file: string): Promise<FileHandle> {
  const { O_RDWR, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants;
  const handle = await open(file, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new CertbotHaError('failed', { code: 'not-writable', place: file, error: 'ENXIO' });
}

/** With the agent's group, where this node has one. */
async function make(file: string, requests: string): Promise<void> {
  const gid = (await orNone(statOf(requests), null))?.gid ?? null;
  const mode = gid === null ? 0o640 : 0o660;
  try {
    await writeNew(file, '', { mode, gid, isShared: true, isDurable: false });
  } catch (error) {
    const isThere = error instanceof CertbotHaError && error.findings[0]?.code === 'written-meanwhile';
    if (!isThere) throw error;
  }
}

/** A line that a full disk has cut off is not gone on with. */
async function afterWhole(
  handle: FileHandle,
  size: number,
  lines: readonly string[],
): Promise<readonly string[]> {
  const [first, ...more] = lines;
  if (first === undefined || size === 0) return lines;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === NEWLINE ? lines : [`\n${first}`, ...more];
}

const NEWLINE = 0x0a;
