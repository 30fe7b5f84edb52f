import { mkdir, readdir, readFile } from 'node:fs/promises';
import { hasErrorCode } from '../base/errors.ts';
import { layoutOf } from './layout.ts';
import { removeIfThere, writeWhole } from '../system/write-file.ts';

/** What an installation has begun, so that the next start can finish or undo it. */
export interface Entry {
  readonly lineage: string;
  /** the bundle's id */
  readonly id: string;
  /** the generation that live pointed at before; null: there was none */
  readonly previous: number | null;
  /** the generation that it is switched to */
  readonly next: number;
  /** the number that it shall have in the end, where another one had it */
  readonly settleAs: number | null;
  /** the renewal configuration from before; null: there was none */
  readonly conf: string | null;
  /**
   * - `placing`: being switched and tested; may still be undone
   * - `accepted`: the web server's test has passed; it is finished, whatever happens, since what it replaces may be gone
   * - `undoing`: being taken back
   */
  readonly phase: 'placing' | 'accepted' | 'undoing';
}

/** `stateDir/journal/NAME.json`, an entry a lineage. Whoever works on it holds the lock of that directory. */
export interface Journal {
  read(lineage: string): Promise<Entry | null>;
  list(): Promise<readonly Entry[]>;
  write(entry: Entry): Promise<void>;
  clear(lineage: string): Promise<void>;
}

export function createJournal(stateDir: string): Journal {
  const { journal: directory, journalOf: fileOf } = layoutOf(stateDir);

  async function read(lineage: string): Promise<Entry | null> {
    try {
      return JSON.parse(await readFile(fileOf(lineage), 'utf8')) as Entry;
    } catch (error) {
      if (hasErrorCode(error, 'ENOENT')) return null;
      throw error;
    }
  }

  return {
    read,
    async list() {
      const names = (await readdir(directory)).filter((name) => name.endsWith('.json'));
      const entries = await Promise.all(
        names.map(async (name) => await read(name.slice(0, -'.json'.length))),
      );
      return entries.filter((entry) => entry !== null);
    },
    async write(entry) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeWhole(fileOf(entry.lineage), JSON.stringify(entry), { mode: 0o600, gid: null });
    },
    clear: async (lineage) => await removeIfThere(fileOf(lineage)),
  };
}
