import * as v from 'valibot';
import { hash, isLineageName, lineageName } from '../lineage/schemas.ts';
import { entriesOf } from '../system/read-file.ts';
import { syncDirectory } from '../system/sync-files.ts';
import { removeIfThere } from '../system/write-file.ts';
import { readJsonFile, writeJsonFile, type Damage } from './json-file.ts';
import { layoutOf } from './layout.ts';

/** What an installation has begun, so that the next start can finish or undo it. */
export interface Entry {
  readonly lineage: string;
  /** the bundle's id */
  readonly id: string;
  /** the generation that live pointed at before; null: there was none */
  readonly previous: number | null;
  /** the generation that it is switched to */
  readonly next: number;
  /** of an earlier version: the number that it should have in the end; null now */
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

/** An entry that nobody can read: whether something is to be undone or finished there, an operator has to see. */
export interface DamagedEntry extends Damage {
  /** null: by its name it is of no lineage, so that nothing can have begun */
  readonly lineage: string | null;
}

const generation = v.pipe(v.number(), v.integer(), v.minValue(0));

const entrySchema = v.object({
  lineage: lineageName,
  id: hash,
  previous: v.nullable(generation),
  next: generation,
  settleAs: v.nullable(generation),
  conf: v.nullable(v.string()),
  phase: v.picklist(['placing', 'accepted', 'undoing']),
});

/** `stateDir/journal/NAME.json`, an entry a lineage. Whoever works on it holds the lock of that directory. */
export interface Journal {
  /** null when nothing has begun */
  read(lineage: string): Promise<Entry | DamagedEntry | null>;
  list(): Promise<readonly (Entry | DamagedEntry)[]>;
  write(entry: Entry): Promise<void>;
  clear(lineage: string): Promise<void>;
}

export function isDamaged(entry: Entry | DamagedEntry): entry is DamagedEntry {
  return 'why' in entry;
}

export function createJournal(stateDir: string): Journal {
  const { journal: directory, journalOf: fileOf, backup } = layoutOf(stateDir);

  async function read(lineage: string): Promise<Entry | DamagedEntry | null> {
    const file = fileOf(lineage);
    const reading = await readJsonFile(file, entrySchema);
    if (reading.state === 'absent') return null;
    if (reading.state === 'damaged') return { ...reading.damage, lineage };
    // What it says would be done to another lineage's files.
    if (reading.value.lineage !== lineage) return { file, why: `of ${reading.value.lineage}`, lineage };
    return reading.value;
  }

  const strange = (name: string): DamagedEntry => ({
    file: fileOf(name),
    why: 'of no lineage',
    lineage: null,
  });

  return {
    read,
    async list() {
      const files = (await entriesOf(directory)).filter((name) => name.endsWith('.json'));
      const names = files.map((file) => file.slice(0, -'.json'.length));
      const entries = await Promise.all(
        names.map(async (name) => (isLineageName(name) ? await read(name) : strange(name))),
      );
      return entries.filter((entry) => entry !== null);
    },
    async write(entry) {
      await writeJsonFile(fileOf(entry.lineage), entry, { mode: 0o600, directoryMode: 0o700 }, backup);
    },
    async clear(lineage) {
      // An entry that comes back with the power would be gone on with, over what has been installed since.
      if (await removeIfThere(fileOf(lineage))) await syncDirectory(directory);
    },
  };
}
