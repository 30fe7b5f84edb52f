import { CertbotHaError } from '../base/errors.ts';
import { isInterrupted, within } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import { entriesOf, textOf } from '../system/read-file.ts';

/** What stands for a file that was not read; `words` are as findings say it. */
interface NotRead {
  readonly words: string;
}

/** Its file server is away, and the mount a hard one. */
const SILENT: NotRead = { words: 'the file system does not answer' };
/** Whether it is there, nobody has looked. Told once of a source: it is so of all that comes after. */
export const NOT_ASKED: NotRead = { words: 'skipped, as others do not answer' };

export function isNotRead(read: unknown): read is NotRead {
  return read === SILENT || read === NOT_ASKED;
}

/** Reads what others have configured, which may include files from anywhere. */
export interface Reader {
  /** The text of a plain file; null where nothing is there. Rejects as `readText` does. */
  readonly text: (file: string) => Promise<string | null | NotRead>;
  /** The names in a directory; none where there is no such directory. */
  readonly names: (directory: string) => Promise<readonly string[] | NotRead>;
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
  const inTime = async <T>(place: string, read: () => Promise<T>): Promise<T | NotRead> => {
    if (silent >= MAX_SILENT) return NOT_ASKED;
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
    text: async (file) => await inTime(file, async () => await files.textOf(file)),
    names: async (directory) => await inTime(directory, async () => await files.entriesOf(directory)),
  };
}
