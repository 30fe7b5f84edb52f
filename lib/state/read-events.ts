import { MAX_LINE_BYTES, parseEvent, type LoggedEvent } from './event.ts';
import { fill } from '../system/read-untrusted.ts';
import type { Turn } from '../system/in-turn.ts';
import { eventFiles, openEvents } from './event-files.ts';
import type { FileHandle } from 'node:fs/promises';

const BLOCK_BYTES = 65_536;
/** What the newest of the lines are within. The agent's user could write without end. */
const MAX_BYTES_A_FILE = 4_194_304;

export interface ReadEventsOptions {
  /** how many at most: the newest */
  readonly limit?: number;
  /** none from before that */
  readonly since?: Date;
  /** which of them; all others are passed over and do not count */
  readonly only?: (event: LoggedEvent) => boolean;
  /** for each file; default: no limit. Rejects with what it throws. */
  readonly turn?: Turn;
}

/**
 * What has happened on this node, the newest last, as far back as it is kept. The agent's user may have written anything there:
 * what is damaged, cut off, too long or not ours is passed over. No file: nothing has happened.
 * Rejects with the system's error where a file that is there cannot be read.
 */
export async function readEvents(
  stateDir: string,
  { limit = Infinity, since, only = () => true, turn = async (work) => await work() }: ReadEventsOptions = {},
): Promise<readonly LoggedEvent[]> {
  const from = since?.toISOString() ?? '';
  const found: LoggedEvent[] = [];
  const read = new Set<number>();
  /** Resolves to whether older ones have more. */
  const readOne = async (file: string): Promise<boolean> => {
    const opened = await openEvents(file);
    if (opened === null) return true;
    const { handle, stat } = opened;
    try {
      // Put aside meanwhile, or by one that was killed at it: the same file by its next name.
      if (read.has(stat.ino)) return true;
      read.add(stat.ino);
      // Nor has any older one been written to since.
      if (since !== undefined && stat.mtimeMs < since.getTime()) return false;
      for await (const line of linesFromEnd(handle, stat.size)) {
        if (found.length >= limit) break;
        const event = parseEvent(line);
        if (event !== null && event.at >= from && only(event)) found.push(event);
      }
      return found.length < limit;
    } finally {
      await handle.close();
    }
  };
  for (const file of eventFiles(stateDir)) if (!(await turn(async () => await readOne(file)))) break;
  return found.toReversed();
}

/** The last lines of a file, the last one first. One that is too long is cut off. */
async function* linesFromEnd(handle: FileHandle, size: number): AsyncGenerator<string> {
  let start = size;
  let rest: Buffer = Buffer.alloc(0);
  while (start > 0 && size - start < MAX_BYTES_A_FILE) {
    const end = start;
    start = Math.max(0, end - BLOCK_BYTES);
    const block = Buffer.alloc(end - start);
    await fill(handle, block, start);
    const text = Buffer.concat([block, rest]);
    const first = text.indexOf(NEWLINE);
    // Its beginning is in the block before, if it is not too long already.
    const whole = start === 0 ? text : text.subarray(first === -1 ? text.length : first + 1);
    rest = text.subarray(0, first === -1 ? MAX_LINE_BYTES + 1 : first);
    yield* whole.toString('utf8').split('\n').toReversed();
  }
}

const NEWLINE = 0x0a;
