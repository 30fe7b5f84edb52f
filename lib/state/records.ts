import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Leaf, OtherGeneration } from '../lineage/generation.ts';
import { accountId, hash, isLineageName, lineageName, stamp, time } from '../lineage/schemas.ts';
import { entriesOf, exists } from '../system/read-file.ts';
import { writeWhole } from '../system/write-file.ts';
import { valueIn, writeJsonFile, type OnDamage } from './json-file.ts';
import { layoutOf } from './layout.ts';
import { createTombstones, type Tombstones } from './tombstones.ts';

/** What is installed of a lineage on a node. No secret: the agent tells it to the other nodes. */
export interface InstalledRecord {
  readonly lineage: string;
  readonly leaf: Leaf;
  /** when it was issued, as `stamp.ts` tells; absent where a version without stamps has written it: its notBefore counts */
  readonly stamp?: string;
  /** other generations that have been in place here and are not over: one that comes back, from a backup, keeps its stamp */
  readonly others?: readonly OtherGeneration[];
  /** the N of certN.pem where it was issued */
  readonly number: number;
  /** the N of certN.pem on this node; absent in a record of an earlier version, where it is the same */
  readonly numberHere?: number;
  readonly names: readonly string[];
  /** the node it came from */
  readonly from: string;
  /** ISO 8601 */
  readonly installedAt: string;
  /** ISO 8601: since when certbot, or a hand, has deleted it on that node alone */
  readonly goneSince?: string;
  /** the ACME account that the lineage is renewed by and that this node has lost: who has it brings it */
  readonly lacksAccount?: string;
  /** the server that it is of; absent in a record of an earlier version */
  readonly lacksServer?: string;
}

/** A lineage that is issued every few days, for some weeks. */
export const MAX_OTHERS = 30;
/** More than a certificate of a bundle has room for. */
export const MAX_NAMES = 20_000;
const MAX_NAME_CHARS = 1_000;

/** Whether a name may stand in a record: a certificate may have any, and what is written has to be read again. */
export function isRecordable(name: string): boolean {
  return name.length <= MAX_NAME_CHARS && PRINTABLE.test(name);
}

const PRINTABLE = /^[\x20-\x7e]*$/;
const printable = (maxLength: number) => v.pipe(v.string(), v.maxLength(maxLength), v.regex(PRINTABLE));

const generationNumber = v.pipe(v.number(), v.integer(), v.minValue(1));

/** A record, as a file or another node has it. */
export const recordSchema = v.object({
  lineage: lineageName,
  leaf: v.object({ sha256: hash, serial: printable(64), notBefore: time, notAfter: time }),
  stamp: v.exactOptional(stamp),
  others: v.exactOptional(
    v.pipe(
      v.array(v.object({ sha256: hash, stamp, isUnset: v.exactOptional(v.boolean()), notAfter: time })),
      // Whoever has more of them, has them for itself.
      v.transform((others) => others.slice(0, MAX_OTHERS)),
    ),
  ),
  number: generationNumber,
  numberHere: v.exactOptional(generationNumber),
  names: v.pipe(v.array(printable(MAX_NAME_CHARS)), v.maxLength(MAX_NAMES)),
  from: printable(64),
  installedAt: time,
  goneSince: v.exactOptional(time),
  lacksAccount: v.exactOptional(accountId),
  lacksServer: v.exactOptional(printable(500)),
});

/** A record with the account that its lineage has lost, or with none. */
export function lacking(
  noted: InstalledRecord,
  lost: { readonly account: string; readonly server: string } | null,
): InstalledRecord {
  const { lacksAccount: _, lacksServer: __, ...record } = noted;
  return lost === null ? record : { ...record, lacksAccount: lost.account, lacksServer: lost.server };
}

/** Whether a record says so already. */
export function isNoted(record: InstalledRecord, lost: Parameters<typeof lacking>[1]): boolean {
  return record.lacksAccount === lost?.account && record.lacksServer === lost?.server;
}

/** As other nodes hear of it: one record that a version before this one does not read would cost it all others of this node. */
export function told(record: InstalledRecord): InstalledRecord {
  return { ...record, names: record.names.filter((name) => name.length <= 255).slice(0, 200) };
}

/** `stateDir/installed/NAME.json`, which the agent may read. Several programs write them. A damaged one counts as absent; sync writes it anew. */
export interface Records extends Tombstones {
  /** of every lineage */
  installed(): Promise<readonly InstalledRecord[]>;
  /** null where nothing is known to be */
  installedOf(lineage: string): Promise<InstalledRecord | null>;
  writeInstalled(record: InstalledRecord): Promise<void>;
  /** Forgets what is installed of any other lineage. */
  keepInstalled(lineages: readonly string[]): Promise<void>;
  forget(lineage: string): Promise<void>;
  /** Whether `live/` has had a list of what is here: one that is missing was lost with it. */
  hasList(): Promise<boolean>;
  setHasList(): Promise<void>;
}

export function createRecords(stateDir: string, onDamage: OnDamage): Records {
  const { installed: directory, installedOf: fileOf, listed, backup } = layoutOf(stateDir);
  const recordIn = async (file: string) => await valueIn(file, recordSchema, onDamage);
  const names = async () => (await entriesOf(directory)).filter((name) => name.endsWith('.json'));
  return {
    ...createTombstones(stateDir, onDamage),
    forget: async (lineage) => await rm(fileOf(lineage), { recursive: true, force: true }),
    async installed() {
      const recorded = (await names()).map((name) => /^(.+)\.json$/.exec(name)?.[1] ?? '');
      const found: InstalledRecord[] = [];
      // One after another: where the disk hangs, each one holds a thread.
      for (const lineage of recorded.filter(isLineageName)) {
        const record = await recordIn(fileOf(lineage));
        if (record !== null) found.push(record);
      }
      return found;
    },
    installedOf: async (lineage) => await recordIn(fileOf(lineage)),
    async writeInstalled(record) {
      await writeJsonFile(fileOf(record.lineage), record, { mode: 0o644 }, backup);
    },
    async keepInstalled(lineages) {
      const kept = new Set(lineages.map((lineage) => `${lineage}.json`));
      const gone = (await names()).filter((name) => !kept.has(name));
      await Promise.all(
        gone.map(async (name) => await rm(join(directory, name), { recursive: true, force: true })),
      );
    },
    hasList: async () => await exists(listed),
    setHasList: async () => {
      await writeWhole(listed, '', { mode: 0o644, isShared: true });
    },
  };
}
