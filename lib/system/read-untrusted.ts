import { constants, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { hasErrorCode, isAbsent } from '../base/errors.ts';

/** What is found where a plain file is expected. */
export type Found =
  | { readonly state: 'read'; readonly text: string; readonly stat: Stats }
  | { readonly state: 'absent' }
  /** a link, no plain file, or too large */
  | { readonly state: 'odd'; readonly why: string };

const odd = (why: string): Found => ({ state: 'odd', why });

/** Reads a plain file without following a link, waiting for a pipe or reading more than `maxBytes`. */
export async function readPlain(file: string, maxBytes: number): Promise<Found> {
  let handle;
  try {
    // O_NONBLOCK: a pipe in a file's place must not keep one waiting.
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (hasErrorCode(error, 'ELOOP')) return odd('a link, expected a file');
    if (hasErrorCode(error, 'ENXIO')) return odd('not a plain file'); // a socket
    if (isAbsent(error)) return { state: 'absent' };
    throw error;
  }
  try {
    const stat = await handle.stat();
    if (stat.isDirectory()) return odd('a directory, expected a file');
    if (!stat.isFile()) return odd('not a plain file');
    const buffer = Buffer.alloc(Math.min(stat.size, maxBytes) + 1);
    const bytesRead = await fill(handle, buffer);
    if (bytesRead > maxBytes) return odd(`more than ${maxBytes} bytes`);
    if (bytesRead !== stat.size) return odd('changed while it was read');
    return { state: 'read', text: buffer.toString('utf8', 0, bytesRead), stat };
  } finally {
    await handle.close();
  }
}

/** Reads until the buffer is full, or the file at its end: one read may bring less than there is, as from a network's file system. @param start where in the file */
export async function fill(handle: FileHandle, buffer: Buffer, start = 0): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

/** The text of a plain file that somebody else has written; null when there is none, or it is a link, no plain file, or larger. */
export async function readSmall(file: string, maxBytes: number): Promise<string | null> {
  const found = await readPlain(file, maxBytes);
  return found.state === 'read' ? found.text : null;
}
