import * as v from 'valibot';
import type { Deletion } from '../lineage/deletion.ts';
import type { Generation, OtherGeneration } from '../lineage/generation.ts';
import { hash, isLineageName, lineageName, stamp, time } from '../lineage/schemas.ts';
import { entriesOf } from '../system/read-file.ts';
import { removeIfThere } from '../system/write-file.ts';
import { valueIn, writeJsonFile, type OnDamage } from './json-file.ts';
import { layoutOf } from './layout.ts';

/** What a node remembers of a lineage that was deleted: it does not come back. No secret: the agent tells it to the other nodes. */
export interface Tombstone extends Omit<Deletion, 'isTrial'> {
  /** the generations that have been here: one that comes back, from a backup, is old */
  readonly others: readonly OtherGeneration[];
  /** it waits for the web server's configuration to name the lineage no more */
  readonly isPending: boolean;
  /** when the web server was last asked without it, and would not; absent: never */
  readonly testedAt?: string;
  /** whom certbot trusted, and what it renewed: a lineage of that name that another node brings may not change it */
  readonly kept: Readonly<Record<string, string | null>> | null;
  /** where what was here lies now */
  readonly backup: string | null;
  /** it came from another node, and is noted here as outstanding for all others, once; absent: not yet */
  readonly isSpread?: boolean;
  /** ISO 8601: since when it is known here */
  readonly at: string;
}

/** What another node tells of one. */
export type ToldTombstone = Pick<Tombstone, 'lineage' | 'stamp' | 'from' | 'isForced' | 'others'>;

/** A node tells the newest of them. */
export const MAX_TOLD = 2_000;
const MAX_OTHERS = 60;

const node = v.pipe(v.string(), v.maxLength(64), v.regex(/^[\x20-\x7e]*$/));
const others = v.pipe(
  v.array(v.object({ sha256: hash, stamp, isUnset: v.exactOptional(v.boolean()), notAfter: time })),
  v.maxLength(MAX_OTHERS),
);
const told = { lineage: lineageName, stamp, from: node, isForced: v.boolean(), others };

export const toldSchema = v.object(told);

const tombstoneSchema = v.object({
  ...told,
  isPending: v.boolean(),
  kept: v.nullable(v.record(v.string(), v.nullable(v.string()))),
  backup: v.nullable(v.string()),
  at: time,
  testedAt: v.exactOptional(time),
  isSpread: v.exactOptional(v.boolean()),
});

/** `stateDir/deleted/NAME.json`, which the agent may read. A damaged one counts as absent; a peer's comes again with sync. */
export interface Tombstones {
  deletions(): Promise<readonly Tombstone[]>;
  deletionOf(lineage: string): Promise<Tombstone | null>;
  writeDeletion(tombstone: Tombstone): Promise<void>;
  /** What is there of the lineage has been put back by hand. */
  forgetDeletion(lineage: string): Promise<void>;
}

export function createTombstones(stateDir: string, onDamage: OnDamage): Tombstones {
  const { deleted: directory, deletedOf: fileOf, backup } = layoutOf(stateDir);
  async function read(lineage: string): Promise<Tombstone | null> {
    const found = await valueIn(fileOf(lineage), tombstoneSchema, onDamage);
    return found?.lineage === lineage ? found : null;
  }
  return {
    async deletions() {
      const names = (await entriesOf(directory)).map((name) => /^(.+)\.json$/.exec(name)?.[1] ?? '');
      const found: Tombstone[] = [];
      // One after another: where the disk hangs, each one holds a thread.
      for (const lineage of names.filter(isLineageName)) {
        const one = await read(lineage);
        if (one !== null) found.push(one);
      }
      return found;
    },
    deletionOf: read,
    async writeDeletion(tombstone) {
      const entry = { ...tombstone, others: tombstone.others.slice(0, MAX_OTHERS) };
      const options = { mode: 0o644, isIndented: true };
      await writeJsonFile(fileOf(tombstone.lineage), entry, options, backup);
    },
    async forgetDeletion(lineage) {
      await removeIfThere(fileOf(lineage));
    },
  };
}

/** What a node tells of its tombstones: the newest, should somebody have brought thousands. */
export function toldOf(tombstones: readonly Tombstone[]): readonly ToldTombstone[] {
  return tombstones
    .toSorted((one, other) => Date.parse(other.stamp) - Date.parse(one.stamp))
    .slice(0, MAX_TOLD)
    .map(({ lineage, stamp: set, from, isForced, others: known }) => ({
      lineage,
      stamp: set,
      from,
      isForced,
      others: known,
    }));
}

/** Whether a deletion is about this generation: it was not issued after it. */
export function isDeletedBy(
  generation: Pick<Generation, 'stamp'>,
  tombstone: Pick<Tombstone, 'stamp'> | null,
): boolean {
  return tombstone !== null && Date.parse(generation.stamp) <= Date.parse(tombstone.stamp);
}

/** The newest of a lineage's; null where there is none. */
export function newestDeletion<T extends Pick<Tombstone, 'stamp'>>(all: readonly (T | null)[]): T | null {
  const [first = null] = all
    .filter((one) => one !== null)
    .toSorted((one, other) => Date.parse(other.stamp) - Date.parse(one.stamp));
  return first;
}
