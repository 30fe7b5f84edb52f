import type { InstallResult } from './results.ts';
import { X509Certificate } from 'node:crypto';
import type { Bundle } from '../lineage/bundle.ts';
import { namesOf } from '../lineage/names.ts';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ID_PATTERN, isLineageName } from '../lineage/schemas.ts';
import { type Leaf } from '../lineage/generation.ts';
import { hasErrorCode } from '../base/errors.ts';
import { entriesOf, statOf } from '../system/read-file.ts';
import { layoutOf } from './layout.ts';
import { removeOrphans, writeWhole } from '../system/write-file.ts';

/**
 * Writes down what is in place of a lineage, whoever has put it there: what certbot itself has issued
 * on this node is installed here as well, since the peers ask for it. One that is known stays as it is.
 */
export async function recordInstalled(
  { manifest, files }: Bundle,
  records: Pick<Records, 'installedOf' | 'writeInstalled'>,
  now: Date,
): Promise<void> {
  const { lineage, leaf, number, from } = manifest;
  const known = await records.installedOf(lineage);
  if (known?.leaf.sha256 === leaf.sha256) return;
  const names = namesOf(new X509Certificate(files['cert.pem']));
  await records.writeInstalled({ lineage, leaf, number, names, from, installedAt: now.toISOString() });
}

/** What is installed of a lineage on a node. No secret: the agent tells it to the other nodes. */
export interface InstalledRecord {
  readonly lineage: string;
  readonly leaf: Leaf;
  /** the N of certN.pem where it was issued */
  readonly number: number;
  readonly names: readonly string[];
  /** the node it came from */
  readonly from: string;
  /** ISO 8601 */
  readonly installedAt: string;
}

const MAX_RESULTS = 100;
/** A killed installer leaves its lock. */
const LOCK_IS_FRESH_MS = 10_000;
const ID = new RegExp(ID_PATTERN);

/** The public side of `stateDir`: `installed/NAME.json` and `outbox/ID.json`, which the agent may read. */
export interface Records {
  writeInstalled(record: InstalledRecord): Promise<void>;
  installed(): Promise<readonly InstalledRecord[]>;
  /** null where nothing is known to be */
  installedOf(lineage: string): Promise<InstalledRecord | null>;
  /** Takes away what a program that was killed has left half-written. */
  tidy(): Promise<void>;
  /** Forgets what is installed of any other lineage. */
  keepInstalled(lineages: readonly string[]): Promise<void>;
  writeResult(result: InstallResult): Promise<void>;
  /** where `writeResult` puts it */
  resultFile(id: string): string;
  /** null while there is none */
  result(id: string): Promise<InstallResult | null>;
  /** Whether an installer is at work, by its lock, which it refreshes every 1.5 s. */
  isInstalling(): Promise<boolean>;
}

export function createRecords(stateDir: string): Records {
  const {
    installed: installedDir,
    installedOf: recordFile,
    outbox,
    resultOf,
    journalLock,
  } = layoutOf(stateDir);

  async function write(directory: string, name: string, value: unknown, isShared: boolean): Promise<void> {
    await mkdir(directory, { recursive: true, mode: 0o755 });
    await writeWhole(join(directory, name), `${JSON.stringify(value)}\n`, {
      mode: 0o644,
      gid: null,
      isShared,
    });
  }

  return {
    writeInstalled: async (record) => await write(installedDir, `${record.lineage}.json`, record, true),
    async installed() {
      const names = (await entriesOf(installedDir)).filter(
        (name) => name.endsWith('.json') && isLineageName(name),
      );
      const records = await Promise.all(names.map(async (name) => await readJson(join(installedDir, name))));
      return records.filter((record) => record !== null) as InstalledRecord[];
    },
    installedOf: async (lineage) => (await readJson(recordFile(lineage))) as InstalledRecord | null,
    tidy: async () => await removeOrphans(installedDir),
    async keepInstalled(lineages) {
      const kept = new Set(lineages.map((lineage) => `${lineage}.json`));
      const gone = (await entriesOf(installedDir)).filter(
        (name) => name.endsWith('.json') && !kept.has(name),
      );
      await Promise.all(gone.map(async (name) => await rm(join(installedDir, name), { force: true })));
    },
    async writeResult(result) {
      if (!ID.test(result.id)) throw new Error(`not a bundle's id: ${result.id}`);
      await write(outbox, `${result.id}.json`, result, false);
      await forgetOldest(outbox);
    },
    resultFile: resultOf,
    isInstalling: async () => {
      const lock = await statOf(journalLock);
      return lock !== null && Math.abs(Date.now() - lock.mtimeMs) < LOCK_IS_FRESH_MS;
    },
    result: async (id) => (ID.test(id) ? ((await readJson(resultOf(id))) as InstallResult | null) : null),
  };
}

async function forgetOldest(outbox: string): Promise<void> {
  const names = await entriesOf(outbox);
  if (names.length <= MAX_RESULTS) return;
  const dated = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(outbox, name))).mtimeMs })),
  );
  const old = dated.toSorted((one, other) => other.at - one.at).slice(MAX_RESULTS);
  await Promise.all(old.map(async ({ name }) => await rm(join(outbox, name), { force: true })));
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return null; // as good as none; the next installation writes it anew
    if (hasErrorCode(error, 'ENOENT')) return null;
    throw error;
  }
}
