import { expectedFindings } from '../base/expected.ts';
import { KEPT } from '../certbot/changes.ts';
import { renewalConfOf } from '../certbot/config-dir.ts';
import { renewerOf, valuesIn } from '../certbot/renewal-data.ts';
import type { Config } from '../cluster/config.ts';
import type { Finding } from '../findings/register.ts';
import { currentGeneration } from '../lineage/current.ts';
import type { Deletion } from '../lineage/deletion.ts';
import type { Leaf } from '../lineage/generation.ts';
import { isAhead } from '../lineage/stamp.ts';
import { withInstallerLock } from '../state/installer-lock.ts';
import { layoutOf } from '../state/layout.ts';
import { generationsOf } from '../state/record-installed.ts';
import type { InstalledRecord } from '../state/records.ts';
import { isGone, knownOf } from '../state/stamped.ts';
import type { State } from '../state/state.ts';
import { noteNowOrLater } from '../state/note-here.ts';
import type { Tombstone, ToldTombstone } from '../state/tombstones.ts';
import { isInterrupted } from '../system/deadline.ts';
import { LIMITS } from '../system/limits.ts';
import { textOf } from '../system/read-file.ts';
import { timeLimit, type TimeLimit } from '../system/time-limit.ts';
import { hasAsides, putBack } from './aside.ts';
import { removeLineage, type Removal, type RemovalOptions } from './remove-lineage.ts';
import type { Uses } from './uses.ts';

export interface ApplyOptions {
  readonly config: Pick<Config, 'stateDir' | 'certificates'>;
  readonly state: Pick<State, 'records' | 'accepted'>;
  readonly uses: Uses;
  readonly now: Date;
  /** typed on this node: what another CA issues of that name may come from any node then */
  readonly isByHand?: boolean;
  /** for its tests and its copy; default: as long as an installer has */
  readonly limit?: TimeLimit;
}

/**
 * How a deletion ended here:
 * - `deleted`: it is gone, and `kept` says where it lies
 * - `unchanged`: there was nothing of it, or what is here was issued after the deletion, or it is only a trial
 * - `refused`: it stays, and may for good
 * - `rolled back`: the web server's configuration names it; it goes once that does no more
 * - `failed`: this host would not let it for now
 */
export interface Applied {
  readonly state: 'deleted' | 'unchanged' | 'refused' | 'rolled back' | 'failed';
  readonly findings: readonly Finding[];
  readonly kept: string | null;
}

/** Beyond it nobody's lineages of this host are taken for deleted any more. */
export const MAX_OF_OTHERS = 1_000;

const TEST_AGAIN_AFTER_MS = 3_600_000;

const end = (state: Applied['state'], findings: readonly Finding[] = [], kept: string | null = null) =>
  ({ state, findings, kept }) satisfies Applied;

/** Puts back what a removal that was killed has left aside; nothing is locked where there is nothing. */
export async function putBackLeft({ stateDir, certificates }: ApplyOptions['config']): Promise<void> {
  const { configDir } = certificates;
  if (!(await hasAsides(configDir))) return;
  await withInstallerLock(stateDir, async () => await putBack(configDir, layoutOf(stateDir).backup));
}

/** Has a deletion on this node, and remembers it. To be called with the installer's lock; what the host will not do is an end, not an error. */
export async function applyDeletion(deletion: Deletion, options: ApplyOptions): Promise<Applied> {
  try {
    return await applied(deletion, options);
  } catch (error) {
    return end('failed', expectedFindings(error));
  }
}

async function applied(deletion: Deletion, options: ApplyOptions): Promise<Applied> {
  const { lineage, stamp, isForced, isTrial } = deletion;
  const { config, state, now, isByHand = false, limit } = options;
  const { configDir } = config.certificates;
  if (isAhead(stamp, now))
    return end('refused', [{ code: 'stamp-ahead', lineage, stamp, here: now.toISOString() }]);
  const record = await state.records.installedOf(lineage);
  const before = await state.records.deletionOf(lineage);
  const told: ToldTombstone = { ...deletion, others: [] };
  const known = await knownOf(lineage, { records: state.records, peers: [], told: [told], now });
  const here = await currentGeneration(configDir, lineage);
  // Where it cannot be read, its record knows.
  const found = here ?? (record?.goneSince === undefined ? record?.leaf : null) ?? null;
  if (found !== null && !isGone(found, known)) {
    if (before?.isPending && !isTrial) await state.records.writeDeletion({ ...before, isPending: false });
    return end('unchanged', [{ code: 'issued-after-deletion', lineage, stamp }]);
  }
  const isNewer =
    before === null || isAhead(before.stamp, now) || Date.parse(stamp) > Date.parse(before.stamp);
  const isOfHere = record !== null || here !== null || before !== null;
  if (!isOfHere && (await state.records.deletions()).length >= MAX_OF_OTHERS)
    return end('refused', [{ code: 'too-many-deletions', count: MAX_OF_OTHERS }]);

  if (before !== null && !isNewer && !isForced && !isByHand && isTestedLately(before, now))
    return end('rolled back', [{ code: 'deletion-waits', lineage }]);
  const tombstone = await tombstoneOf(deletion, { record, before, here, isNewer }, options);
  const write = async (more: Partial<Tombstone>) =>
    isTrial ? undefined : await state.records.writeDeletion({ ...tombstone, ...more });
  const removal = await removeLineage(lineage, {
    ...removalOf(deletion, options),
    isKnown: record !== null || before?.isPending === true,
    begun: before?.isPending === true ? before.backup : null,
    onRemoval: async (backup) => await write({ isPending: true, backup }),
  });
  // On another node's word nothing waits here: whoever has the key could send that for every lineage.
  if (removal.state === 'refused' || removal.state === 'cut off') {
    // What takes too long takes too long the next time as well; after an interruption it is tried at once.
    const isTested =
      removal.state === 'refused' ? removal.isTested : !(limit?.signal && isInterrupted(limit.signal));
    const tested = isTested && { testedAt: now.toISOString() };
    if (isByHand || (before?.isPending && !isNewer)) await write({ isPending: true, ...tested });
  } else if (removal.state !== 'others' && !isTrial) {
    if (removal.state === 'absent') await write({ isPending: true });
    // A record that outlives its deletion would count as deleted by hand.
    await state.records.forget(lineage);
    await noteNowOrLater(configDir, state.records, null);
    await state.accepted.clear(lineage);
    await write({ isPending: false, ...(removal.state === 'removed' && { backup: removal.kept }) });
  }
  return endOf(removal, lineage);
}

/** A test without it hides the lineage from whoever loads it meanwhile, so nobody has it again and again. */
function isTestedLately({ isPending, testedAt }: Tombstone, now: Date): boolean {
  if (!isPending || testedAt === undefined) return false;
  const age = now.getTime() - Date.parse(testedAt);
  return age >= 0 && age < TEST_AGAIN_AFTER_MS;
}

function removalOf(
  { isForced, isTrial }: Deletion,
  { config, uses, now, limit = timeLimit(LIMITS.roundMs) }: ApplyOptions,
): Omit<RemovalOptions, 'isKnown' | 'begun' | 'onRemoval'> {
  const { configDir } = config.certificates;
  return { configDir, backup: layoutOf(config.stateDir).backup, uses, isForced, isTrial, now, limit };
}

function endOf(removal: Removal, lineage: string): Applied {
  switch (removal.state) {
    case 'absent':
    case 'possible':
      return end('unchanged');
    case 'others':
      return end('refused', [{ code: 'conf-not-ours', lineage }]);
    case 'refused':
      return end('rolled back', removal.findings);
    case 'cut off':
      return end('failed', removal.findings);
    case 'removed':
      return end('deleted', removal.findings, removal.kept);
  }
}

interface Before {
  readonly record: InstalledRecord | null;
  readonly before: Tombstone | null;
  readonly here: Leaf | null;
  /** this deletion is later than the one that is known */
  readonly isNewer: boolean;
}

async function tombstoneOf(
  { lineage, stamp, from, isForced }: Deletion,
  { record, before, here, isNewer }: Before,
  { config, now, isByHand = false }: ApplyOptions,
): Promise<Tombstone> {
  const had = before?.others ?? [];
  const seen = new Set<string>();
  // What nobody has recorded would look like one that was issued since.
  const found = here === null ? [] : generationsOf({ leaf: here });
  const others = [...generationsOf(record), ...had, ...found].filter(
    ({ sha256 }) => !seen.has(sha256) && seen.add(sha256),
  );
  const kept = isByHand ? null : ((await keptIn(config, lineage)) ?? before?.kept ?? null);
  if (before !== null && !isNewer) return { ...before, others, kept, isForced: before.isForced || isForced };
  const backup = before?.backup ?? null;
  return { lineage, stamp, from, isForced, others, kept, backup, isPending: false, at: now.toISOString() };
}

/** What no other node may change of it: a deletion must not open the way to another CA. */
async function keptIn({ certificates }: ApplyOptions['config'], lineage: string): Promise<Tombstone['kept']> {
  const text = await textOf(renewalConfOf(certificates.configDir, lineage));
  if (text === null || !renewerOf(text).isOurs) return null;
  const values = valuesIn(text);
  return Object.fromEntries(KEPT.map((key) => [key, values(key)]));
}
