import type { FileHandle } from 'node:fs/promises';
import { MAX_LINE_BYTES, parseEvent, type LoggedEvent } from './event.ts';

const BLOCK_BYTES = 65_536;
const NEWLINE = 0x0a;

/** One file of events, read as it grows. */
export interface EventTail {
  readonly ino: number;
  /** how far it has been read: the end of its last whole line */
  offset(): number;
  /** The events of the lines that are whole by now, block by block. */
  news(): AsyncGenerator<readonly LoggedEvent[]>;
  close(): Promise<void>;
}

/** @param start where in the file; a line that begins before that is passed over */
export function createEventTail(handle: FileHandle, ino: number, start: number): EventTail {
  let offset = start;
  /** what is read stands in the midst of a line that is none of ours */
  let isJunk = start > 0;

  async function* news(): AsyncGenerator<readonly LoggedEvent[]> {
    // The byte before the start tells whether a line begins there.
    if (isJunk && offset === start) offset -= 1;
    const { size } = await handle.stat();
    // Emptied by somebody: from its beginning.
    if (size < offset) [offset, isJunk] = [0, false];
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(BLOCK_BYTES), 0, BLOCK_BYTES, offset);
      const block = buffer.subarray(0, bytesRead);
      const last = block.lastIndexOf(NEWLINE);
      if (last === -1) {
        if (bytesRead <= MAX_LINE_BYTES) return; // still being written
        offset += bytesRead;
        isJunk = true;
        continue;
      }
      const lines = block.toString('utf8', 0, last).split('\n');
      offset += last + 1;
      const events = lines.slice(isJunk ? 1 : 0).flatMap((line) => parseEvent(line) ?? []);
      isJunk = false;
      if (events.length > 0) yield events;
    }
  }

  return { ino, offset: () => offset, news, close: async () => await handle.close() };
}
