import type { HookIo } from '../base/io.ts';
import { print } from '../base/print.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { whoOf } from '../cluster/target.ts';
import { indentedLinesOf } from '../findings/words.ts';
import type { Events } from '../state/events.ts';
import { withInstallerLock } from '../state/installer-lock.ts';
import type { State } from '../state/state.ts';
import type { ToldTombstone } from '../state/tombstones.ts';
import { LIMITS } from '../system/limits.ts';
import { timeLimit } from '../system/time-limit.ts';
import { applyDeletion, MAX_OF_OTHERS, type Applied } from './apply-deletion.ts';
import { dueHere, type DueHere } from './told-here.ts';
import { usesOf } from './uses.ts';

export interface ToldOptions {
  readonly cluster: Cluster;
  readonly state: Pick<State, 'records' | 'accepted'>;
  readonly io: Pick<HookIo, 'env' | 'out' | 'err'>;
  /** ends it between two lineages, and a web server's test */
  readonly signal: AbortSignal;
  readonly events?: Pick<Events, 'write'>;
}

/** Whatever another node tells: the rest comes the next time. */
const MAX_AT_ONCE = 100;

/**
 * Has on this node what was deleted on others, by what they say, and what has not been possible here yet.
 * @returns false, and told, where a lineage that was deleted is still here
 * @throws {CertbotHaError} `failed` when an installer keeps its lock
 */
export async function applyTold(told: readonly ToldTombstone[], options: ToldOptions): Promise<boolean> {
  const { cluster, state, io, signal } = options;
  const { config, self } = cluster;
  const found = await dueHere(told, { configDir: config.certificates.configDir, records: state.records });
  await remember(found, options);
  let isGood = true;
  for (const [index, tombstone] of found.due.entries()) {
    const { lineage } = tombstone;
    const who = `${whoOf(self)}: `;
    if (index >= MAX_AT_ONCE || signal.aborted) {
      print(io.err, { code: 'deletion-waits', lineage }, who);
      return false;
    }
    const limit = timeLimit(LIMITS.roundMs, signal);
    const applying = { config, state, uses: usesOf(cluster, lineage, io.env), now: new Date(), limit };
    let startedMs = performance.now();
    // One at a time: an installer does not wait long.
    const applied = await withInstallerLock(
      config.stateDir,
      async () => {
        startedMs = performance.now();
        return await applyDeletion({ ...tombstone, isTrial: false }, applying);
      },
      { signal },
    );
    isGood = tell(lineage, applied, who, io) && isGood;
    const { state: ended, findings } = applied;
    const outcome = ended === 'deleted' ? 'ok' : (findings[0]?.code ?? 'deletion-waits');
    if (ended !== 'unchanged')
      await options.events?.write({
        event: 'deletion',
        lineage,
        peer: self.name,
        ms: performance.now() - startedMs,
        outcome,
      });
  }
  return isGood;
}

/** Without the installer's lock: nothing of them is here that would go. */
async function remember(
  { remembered, count }: DueHere,
  { cluster: { self }, state, io, signal }: ToldOptions,
): Promise<void> {
  let room = MAX_OF_OTHERS - count;
  for (const { told, before, isOfOthers } of remembered.slice(0, MAX_AT_ONCE)) {
    if (signal.aborted) return;
    const { lineage, stamp, from, isForced } = told;
    if (before === null && room <= 0) {
      print(io.err, { code: 'too-many-deletions', count: MAX_OF_OTHERS }, `${whoOf(self)}: `);
      return;
    }
    if (before === null) room -= 1;
    if (isOfOthers) print(io.err, { code: 'conf-not-ours', lineage }, `${whoOf(self)}: `);
    const { others = [], kept = null, backup = null } = before ?? {};
    const at = new Date().toISOString();
    await state.records.writeDeletion({
      lineage,
      stamp,
      from,
      isForced,
      others,
      kept,
      backup,
      isPending: false,
      at,
    });
    if (!isOfOthers) await state.accepted.clear(lineage);
  }
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
