import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ID_PATTERN } from '../lineage/schemas.ts';
import { beyondNewest, datedBy } from '../system/keep-newest.ts';
import { entriesOf, statOf } from '../system/read-file.ts';
import { valueIn, writeJsonFile, type OnDamage } from './json-file.ts';
import { layoutOf } from './layout.ts';
import { resultSchema, type InstallResult } from './results.ts';

const MAX_RESULTS = 100;
/** A killed installer leaves its lock. */
const LOCK_IS_FRESH_MS = 10_000;
const ID = new RegExp(ID_PATTERN);

/** `stateDir/outbox/ID.json`: how installations ended, which the agent may read. The installer alone writes them. A damaged one counts as absent. */
export interface Results {
  write(result: InstallResult): Promise<void>;
  /** where `write` puts it */
  fileOf(id: string): string;
  /** null while there is none */
  of(id: string): Promise<InstallResult | null>;
}

export function createResults(stateDir: string, onDamage: OnDamage): Results {
  const { outbox, resultOf: fileOf, backup } = layoutOf(stateDir);
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
    of: async (id) => (ID.test(id) ? await valueIn(fileOf(id), resultSchema, onDamage) : null),
  };
}

/** Whether an installer is at work, by its lock, which it refreshes every 1.5 s. */
export async function isInstalling(stateDir: string): Promise<boolean> {
  const lock = await statOf(layoutOf(stateDir).journalLock);
  return lock !== null && Math.abs(Date.now() - lock.mtimeMs) < LOCK_IS_FRESH_MS;
}
