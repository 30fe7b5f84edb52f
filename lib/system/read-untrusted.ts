import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { hasErrorCode } from '../base/errors.ts';

/** The text of a plain file that somebody else has written; null when there is none, or it is a link, no plain file, or larger. */
export async function readSmall(file: string, maxBytes: number): Promise<string | null> {
  let handle;
  try {
    // O_NONBLOCK: a pipe in a file's place must not keep one waiting.
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO')) return null;
    throw error;
  }
  try {
    if (!(await handle.stat()).isFile()) return null;
    const buffer = Buffer.alloc(maxBytes + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return bytesRead > maxBytes ? null : buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
