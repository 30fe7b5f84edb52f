import { DAY_MS } from '../system/spans.ts';
import * as v from 'valibot';
import { eachChange } from '../certbot/changes.ts';
import { lineageName, time } from '../lineage/schemas.ts';
import { removeIfThere } from '../system/write-file.ts';
import { valueIn, writeJsonFile, type OnDamage } from './json-file.ts';
import { layoutOf } from './layout.ts';

/** Long enough for a roll-out to all nodes and its repetition, and no more: a hand on this node is what it stands for. */
const LASTS_MS = DAY_MS;

/** Changes and when they were accepted. One per name that is lost: a certificate may be for thousands. */
const accepted = v.object({ changes: v.pipe(v.array(v.string()), v.maxLength(20_000)), at: time });

const schema = v.object({
  lineage: lineageName,
  /** each as `server=https://…` */
  ...accepted.entries,
  /** what was accepted before that, by other commands, each for its own time */
  earlier: v.exactOptional(v.array(accepted)),
});

type Accepted = v.InferOutput<typeof accepted>;

/** `stateDir/accepted/NAME.json`: what may change of a lineage on this node though another node brings it. */
export interface AcceptedChanges {
  of(lineage: string, now: Date): Promise<ReadonlySet<string>>;
  /** Besides what is accepted already: one refusal may take several commands. */
  accept(lineage: string, changes: readonly string[], now: Date): Promise<void>;
  /** They have been made. */
  clear(lineage: string): Promise<void>;
}

export function createAccepted(stateDir: string, onDamage: OnDamage): AcceptedChanges {
  const { acceptedOf: fileOf, backup } = layoutOf(stateDir);

  async function lasting(lineage: string, now: Date): Promise<readonly Accepted[]> {
    const found = await valueIn(fileOf(lineage), schema, onDamage);
    if (found === null || found.lineage !== lineage) return [];
    const { changes, at, earlier = [] } = found;
    return [{ changes, at }, ...earlier].filter(
      (one) => Math.abs(now.getTime() - Date.parse(one.at)) < LASTS_MS,
    );
  }

  return {
    async of(lineage, now) {
      return new Set((await lasting(lineage, now)).flatMap(({ changes }) => changes.flatMap(eachChange)));
    },
    async accept(lineage, changes, now) {
      const earlier = await lasting(lineage, now);
      const entry = { lineage, changes, at: now.toISOString(), ...(earlier.length > 0 && { earlier }) };
      await writeJsonFile(fileOf(lineage), entry, { mode: 0o644, isIndented: true }, backup);
    },
    async clear(lineage) {
      await removeIfThere(fileOf(lineage));
    },
  };
}
