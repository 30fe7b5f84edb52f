import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ID_PATTERN } from '../lineage/schemas.ts';
import { beyondNewest, datedBy } from '../system/keep-newest.ts';
import { holderOf, stateOf } from '../system/lock-holder.ts';
import { entriesOf, statOf } from '../system/read-file.ts';
import { valueIn, writeJsonFile, type OnDamage } from './json-file.ts';
import { layoutOf } from './layout.ts';
import { resultSchema, type InstallResult } from './results.ts';

const MAX_RESULTS = 100;
/** A lock that does not say who holds it, or not to the agent. A killed installer leaves its lock. */
const LOCK_IS_FRESH_MS = 10_000;
const ID = new RegExp(ID_PATTERN);

/** `stateDir/outbox/ID.json`: how installations ended, which the agent may read. The installer alone writes them. A damaged one counts as absent. */
export interface Results {
  write(result: InstallResult): Promise<void>;
  /** where `write` puts it */
  fileOf(id: string): string;
  /** null while there is none */
  of(id: string): Promise<InstallResult | null>;
  /** the last of a lineage */
  lastOf(lineage: string): Promise<InstallResult | null>;
}

export function createResults(stateDir: string, onDamage: OnDamage): Results {
  const { outbox, resultOf: fileOf, backup } = layoutOf(stateDir);
  const of = async (id: string) => (ID.test(id) ? await valueIn(fileOf(id), resultSchema, onDamage) : null);
  return {
    async write(result) {
      if (!ID.test(result.id)) throw new Error(`not a bundle's id: ${result.id}`);
      await writeJsonFile(fileOf(result.id), result, { mode: 0o644 }, backup);
      const old = beyondNewest(await datedBy('mtimeMs', outbox, await entriesOf(outbox)), MAX_RESULTS);
      await Promise.all(
        old.map(async (name) => await rm(join(outbox, name), { recursive: true, force: true })),
      );
    },
    fileOf,
    of,
    async lastOf(lineage) {
      const ids = (await entriesOf(outbox)).map((name) => /^(.+)\.json$/.exec(name)?.[1] ?? '');
      const results = (await Promise.all(ids.map(of))).filter((result) => result?.lineage === lineage);
      return results.toSorted((one, other) => timeIn(other) - timeIn(one))[0] ?? null;
    },
  };
}

function timeIn(result: InstallResult | null): number {
  return Date.parse(result?.at ?? '');
}

/** Whether an installer is at work: holds its lock. */
export async function isInstalling(stateDir: string): Promise<boolean> {
  const { journalLock } = layoutOf(stateDir);
  const holders = (await entriesOf(journalLock)).map(holderOf);
  const states = new Set(holders.map((holder) => holder && stateOf(holder)));
  if (states.has('alive')) return true;
  if (states.has('dead')) return false;
  const lock = await statOf(journalLock);
  return lock !== null && Math.abs(Date.now() - lock.mtimeMs) < LOCK_IS_FRESH_MS;
}
