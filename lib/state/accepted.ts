import { DAY_MS } from '../system/spans.ts';
import * as v from 'valibot';
import { lineageName, time } from '../lineage/schemas.ts';
import { removeIfThere } from '../system/write-file.ts';
import { valueIn, writeJsonFile, type OnDamage } from './json-file.ts';
import { layoutOf } from './layout.ts';

/** Long enough for a roll-out to all nodes and its repetition, and no more: a hand on this node is what it stands for. */
const LASTS_MS = DAY_MS;

const schema = v.object({
  lineage: lineageName,
  /** each as `server=https://…` */
  changes: v.pipe(v.array(v.string()), v.maxLength(200)),
  at: time,
});

/** `stateDir/accepted/NAME.json`: what may change of a lineage on this node though another node brings it. */
export interface AcceptedChanges {
  of(lineage: string, now: Date): Promise<ReadonlySet<string>>;
  accept(lineage: string, changes: readonly string[], now: Date): Promise<void>;
  /** They have been made. */
  clear(lineage: string): Promise<void>;
}

export function createAccepted(stateDir: string, onDamage: OnDamage): AcceptedChanges {
  const { acceptedOf: fileOf, backup } = layoutOf(stateDir);
  return {
    async of(lineage, now) {
      const found = await valueIn(fileOf(lineage), schema, onDamage);
      if (found === null || found.lineage !== lineage) return new Set();
      const ageMs = Math.abs(now.getTime() - Date.parse(found.at));
      return new Set(ageMs < LASTS_MS ? found.changes : []);
    },
    async accept(lineage, changes, now) {
      const entry = { lineage, changes, at: now.toISOString() };
      await writeJsonFile(fileOf(lineage), entry, { mode: 0o644, isIndented: true }, backup);
    },
    async clear(lineage) {
      await removeIfThere(fileOf(lineage));
    },
  };
}
