import type { HookIo } from '../base/io.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { whoOf } from '../cluster/target.ts';
import { indentedLinesOf } from '../findings/words.ts';
import { currentGeneration } from '../lineage/current.ts';
import { isAhead } from '../lineage/stamp.ts';
import { isGone, knownOf } from '../state/stamped.ts';
import type { State } from '../state/state.ts';
import { newestDeletion, type Tombstone, type ToldTombstone } from '../state/tombstones.ts';
import { webServerFor } from '../webserver/for-lineage.ts';
import { applyDeletion, withInstallerLock, type Applied } from './apply-deletion.ts';

export interface ToldOptions {
  readonly cluster: Pick<Cluster, 'config' | 'self'>;
  readonly state: Pick<State, 'records' | 'accepted'>;
  readonly io: Pick<HookIo, 'env' | 'out' | 'err'>;
}

/**
 * Has on this node what was deleted on others, by what they say, and what has not been possible here yet.
 * @returns false, and told, where a lineage that was deleted is still here
 */
export async function applyTold(told: readonly ToldTombstone[], options: ToldOptions): Promise<boolean> {
  const { cluster, state, io } = options;
  const { config, self } = cluster;
  const due = await dueHere(told, options);
  if (due.length === 0) return true;
  return await withInstallerLock(config.stateDir, async () => {
    let isGood = true;
    for (const tombstone of due) {
      const deletion = { ...tombstone, isTrial: false };
      const webServer = webServerFor(cluster, tombstone.lineage, { env: io.env });
      const applied = await applyDeletion(deletion, { config, state, webServer, now: new Date() });
      isGood &&= tell(tombstone.lineage, applied, `${whoOf(self)}: `, io);
    }
    return isGood;
  });
}

function tell(
  lineage: string,
  { state, findings, kept }: Applied,
  who: string,
  io: Pick<HookIo, 'out' | 'err'>,
): boolean {
  if (state === 'unchanged') return true;
  const isDone = state === 'deleted';
  const say = isDone ? io.out : io.err;
  say(`${who}${lineage}: ${isDone ? `deleted; a copy is in ${kept ?? 'no place'}` : 'not deleted yet'}`);
  for (const line of findings.flatMap(indentedLinesOf)) say(`  ${line}`);
  return isDone || state === 'refused';
}

/** Those that this node has not heard of, and those of which something is here still, or again. */
async function dueHere(
  told: readonly ToldTombstone[],
  { cluster: { config }, state: { records } }: ToldOptions,
): Promise<readonly ToldTombstone[]> {
  const own = await records.deletions();
  const now = new Date();
  const due: ToldTombstone[] = [];
  for (const lineage of new Set([...told, ...own].map((one) => one.lineage))) {
    const isMine = (one: Tombstone) => one.lineage === lineage && !isAhead(one.stamp, now);
    const mine: Tombstone | null = own.find(isMine) ?? null;
    const newest = newestDeletion<ToldTombstone>([...told.filter((one) => one.lineage === lineage), mine]);
    if (newest === null) continue;
    if (mine === null || newest.stamp !== mine.stamp || mine.isPending) due.push(newest);
    else if (await isStillHere(lineage, records, config.certificates.configDir)) due.push(mine);
  }
  return due;
}

async function isStillHere(lineage: string, records: State['records'], configDir: string): Promise<boolean> {
  const here = await currentGeneration(configDir, lineage);
  if (here === null) return false;
  return isGone(here, await knownOf(lineage, { records, peers: [], now: new Date() }));
}
