import { constants as files, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { constants as system } from 'node:os';
import { fill } from './read-untrusted.ts';

/** Certificates, keys and configurations have some thousand bytes. */
export const MAX_TEXT_BYTES = 1_048_576;

/**
 * Reads a plain file as text, through links. Whatever stands in its place keeps nobody waiting, and fills no memory.
 * Rejects with an error as the system's: `EISDIR` for a directory, `ENXIO` for a pipe, socket or device, `EFBIG` for more
 * than 1 MiB.
 */
export async function readText(file: string): Promise<string> {
  // Whoever opens a pipe without O_NONBLOCK waits for a writer.
  const handle = await open(file, files.O_RDONLY | files.O_NONBLOCK | files.O_NOCTTY);
  try {
    const stat = await handle.stat();
    requirePlain(stat, file);
    // Those of /proc have no size, and content.
    const size = stat.size === 0 ? MAX_TEXT_BYTES : Math.min(stat.size, MAX_TEXT_BYTES);
    const buffer = Buffer.allocUnsafe(size + 1);
    const bytesRead = await fill(handle, buffer);
    if (bytesRead > MAX_TEXT_BYTES) throw tooLarge(file);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** @throws as the system does, where what is open is none */
export function requirePlain(stat: Stats, file: string): void {
  if (stat.isDirectory()) throw systemError('EISDIR', 'a directory', file);
  if (!stat.isFile()) throw systemError('ENXIO', 'no plain file', file);
}

/** A file that nobody has meant to be read. */
export function tooLarge(file: string): NodeJS.ErrnoException {
  return systemError('EFBIG', `more than ${MAX_TEXT_BYTES} bytes`, file);
}

function systemError(code: 'EISDIR' | 'ENXIO' | 'EFBIG', what: string, path: string): NodeJS.ErrnoException {
  const errno = -system.errno[code];
  return Object.assign(new Error(`${code}: ${what}, read '${path}'`), { code, errno, syscall: 'read', path });
}
