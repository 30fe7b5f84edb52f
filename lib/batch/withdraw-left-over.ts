import { isDns } from '../challenge/any-challenge.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { eventsFor } from '../state/events-for.ts';
import type { PendingStore } from '../state/pending.ts';
import { findProcess } from '../system/processes.ts';
import { forgetOrKeep } from './forget-or-keep.ts';
import { openWays, reportLeft } from './ways.ts';

interface Withdrawing {
  readonly store: PendingStore;
  readonly env: NodeJS.ProcessEnv;
  /** the program's */
  readonly pid: number;
  readonly err: (line: string) => void;
  /** ends it; what is left then is left for the next time, and not told of */
  readonly signal: AbortSignal;
}

/**
 * Takes away the records that runs have left in DNS which died, or could not reach it: nobody else does. Tokens have an end
 * of their own. Resolves to whether none is left.
 */
export async function withdrawLeftOver(
  cluster: Cluster,
  { store, env, pid, err, signal }: Withdrawing,
): Promise<boolean> {
  const run = { id: `sync-${pid}`, process: findProcess(pid) };
  const recorded = (await store.leftOver(run)).filter(isDns);
  if (recorded.length === 0) return true;
  const ways = await openWays(cluster, recorded, { env, isCleanUp: true });
  try {
    const left = await ways.takeAway({ signal });
    await eventsFor(cluster, 'sync').write(...left.events);
    if (!signal.aborted) reportLeft(left, err);
    await forgetOrKeep({ store, recorded, challenges: recorded, left, err });
    return left.keys.size === 0;
  } finally {
    await ways.close();
  }
}
