import { CertbotHaError } from '../base/errors.ts';
import { isInterrupted, within } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import { entriesOf, textOf } from '../system/read-file.ts';

/** Its file server is away, and the mount a hard one. */
export const SILENT = Symbol('silent');
/** As findings say it. */
export const SILENT_WORDS = 'the file system does not answer';

/** Reads what others have configured, which may include files from anywhere. */
export interface Reader {
  /** The text of a plain file; null where nothing is there. Rejects as `readText` does. */
  readonly text: (file: string) => Promise<string | null | typeof SILENT>;
  /** The names in a directory; none where there is no such directory. */
  readonly names: (directory: string) => Promise<readonly string[] | typeof SILENT>;
}

const READ_MS = 3_000;
/** Each keeps one of the few threads that Node.js has for files: after so many, nothing more is read. */
const MAX_SILENT = 2;

/**
 * A reader that waits for no file longer than 3 s.
 * @throws {CertbotHaError} `failed`, from its functions, when the signal aborts
 */
export function createReader(signal: AbortSignal, files = { textOf, entriesOf }): Reader {
  let silent = 0;
  const inTime = async <T>(place: string, none: T, read: () => Promise<T>): Promise<T | typeof SILENT> => {
    if (silent >= MAX_SILENT) return none;
    const limit = within(signal, READ_MS);
    try {
      return await unlessHung(place, limit, read);
    } catch (error) {
      if (!(error instanceof CertbotHaError) || !limit.aborted) throw error;
      if (isInterrupted(limit)) throw new CertbotHaError('failed', { code: 'set-up-interrupted' });
      silent += 1;
      return SILENT;
    }
  };
  return {
    text: async (file) => await inTime<string | null>(file, null, async () => await files.textOf(file)),
    names: async (directory) =>
      await inTime<readonly string[]>(directory, [], async () => await files.entriesOf(directory)),
  };
}
