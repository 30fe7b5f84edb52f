import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { MAX_TEXT_BYTES, requirePlain, tooLarge } from './read-text.ts';

/**
 * Opens a plain file, through links, for as long as the function runs. Whatever stands in its place keeps nobody waiting.
 * @throws as the system does: `EISDIR` for a directory, `ENXIO` for a pipe, socket or device
 */
export function withPlainFile<T>(file: string, use: (descriptor: number, stat: Stats) => T): T {
  // Whoever opens a pipe without O_NONBLOCK waits for a writer.
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stat = fstatSync(descriptor);
    requirePlain(stat, file);
    return use(descriptor, stat);
  } finally {
    closeSync(descriptor);
  }
}

/** As `readText`, for who has nothing else to do meanwhile. @throws as the system does, `EFBIG` for more than 1 MiB among it */
export function readTextNow(file: string): string {
  return withPlainFile(file, (descriptor, { size }) => {
    if (size > MAX_TEXT_BYTES) throw tooLarge(file);
    return readFileSync(descriptor, 'utf8');
  });
}
