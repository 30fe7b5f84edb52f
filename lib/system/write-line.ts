import { writeSync } from 'node:fs';
import { CertbotHaError, hasErrorCode } from '../base/errors.ts';

/**
 * Writes a line to stdout or stderr before it returns. Setting up `process.stdout` on a pipe costs
 * some 2 ms, which a program that says one line does not have. Where nobody reads any more, as after
 * head(1), the work that remains goes on without a word.
 * @returns whether somebody reads it, as far as that is known
 * @throws {CertbotHaError} `failed` when stdout is a file and its disk is full
 */
export function writeLine(descriptor: 1 | 2, line: string): boolean {
  const bytes = Buffer.from(`${line}\n`);
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(descriptor, bytes, written);
  } catch (error) {
    if (hasErrorCode(error, 'EPIPE')) return false;
    if (hasErrorCode(error, 'ENOSPC', 'EDQUOT', 'EIO')) {
      if (descriptor === 2) return true; // there is nobody left to be told
      throw new CertbotHaError('failed', { code: 'stdout-not-written', error: error.code }, { cause: error });
    }
    if (!hasErrorCode(error, 'EAGAIN')) throw error;
    // A pipe that does not wait and is full: the stream writes the rest when there is room.
    (descriptor === 1 ? process.stdout : process.stderr).write(bytes.subarray(written));
  }
  return true;
}
