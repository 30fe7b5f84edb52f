import { CertbotHaError } from '../base/errors.ts';
import { archiveDirectory, lineageOfConf, liveDirectory, renewalDirectory } from '../certbot/config-dir.ts';
import { currentGeneration } from '../lineage/current.ts';
import { isOurs } from '../lineage/list.ts';
import { isAhead } from '../lineage/stamp.ts';
import type { Records } from '../state/records.ts';
import { isGone, knownOf } from '../state/stamped.ts';
import { newestDeletion, type Tombstone, type ToldTombstone } from '../state/tombstones.ts';
import { entriesOf, orNone } from '../system/read-file.ts';

/** A deletion that this node only remembers. */
export interface Remembered {
  readonly told: ToldTombstone;
  readonly before: Tombstone | null;
  /** what is here by that name is not certbot-ha's, and stays */
  readonly isOfOthers: boolean;
}

export interface DueHere {
  /** of what is here still, or again: the installer's lock is needed */
  readonly due: readonly ToldTombstone[];
  /** of what this node has not heard of, and has nothing of that would go */
  readonly remembered: readonly Remembered[];
  /** how many deletions it remembers by now */
  readonly count: number;
}

/** What there is to do of the deletions that others tell of, and of those that have not been possible yet. Each directory is read once, however many there are. */
export async function dueHere(
  told: readonly ToldTombstone[],
  { configDir, records }: { readonly configDir: string; readonly records: Records },
): Promise<DueHere> {
  const now = new Date();
  const all = new Map((await records.deletions()).map((one) => [one.lineage, one]));
  // One of a wrong clock counts for nothing, and is written over.
  const own = new Map([...all].filter(([, { stamp }]) => !isAhead(stamp, now)));
  const newest = new Map<string, ToldTombstone>(own);
  for (const one of told)
    newest.set(one.lineage, newestDeletion([newest.get(one.lineage) ?? null, one]) ?? one);
  const recorded = new Set((await records.installed()).map(({ lineage }) => lineage));
  const { confs, rest } = await namesIn(configDir);

  const due: ToldTombstone[] = [];
  const remembered: Remembered[] = [];
  for (const [lineage, one] of newest) {
    const mine = own.get(lineage) ?? null;
    const before = all.get(lineage) ?? null;
    const isNew = one.stamp !== mine?.stamp;
    const isKnown = recorded.has(lineage) || mine?.isPending === true;
    const isOfOthers = confs.has(lineage)
      ? !(await isOursOrDoubtful(configDir, lineage))
      : rest.has(lineage) && !isKnown;
    if (isOfOthers || !(isKnown || confs.has(lineage))) {
      if (isNew) remembered.push({ told: one, before, isOfOthers });
    } else if (isNew || mine.isPending || (await isStillHere(lineage, records, configDir))) due.push(one);
  }
  return { due, remembered, count: all.size };
}

async function namesIn(configDir: string) {
  const [renewal = [], live = [], archive = []] = await Promise.all(
    [renewalDirectory, liveDirectory, archiveDirectory].map(async (of) => await entriesOf(of(configDir))),
  );
  return {
    confs: new Set(renewal.flatMap((entry) => lineageOfConf(entry) ?? [])),
    rest: new Set([...live, ...archive]),
  };
}

/** Where that cannot be told, the deletion itself says so. */
async function isOursOrDoubtful(configDir: string, lineage: string): Promise<boolean> {
  return await isOurs(configDir, lineage).catch((error: unknown) => {
    if (error instanceof CertbotHaError) return true;
    throw error;
  });
}

async function isStillHere(lineage: string, records: Records, configDir: string): Promise<boolean> {
  const here = await orNone(currentGeneration(configDir, lineage), 'unknown');
  // Where that cannot be told, the deletion itself says so.
  if (here === null || here === 'unknown') return here !== null;
  return isGone(here, await knownOf(lineage, { records, peers: [], now: new Date() }));
}
