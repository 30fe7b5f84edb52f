import { isHttp, keyOf, type AnyChallenge, type ChallengeType } from '../challenge/any-challenge.ts';
import { MADE_UP_NAME } from '../challenge/challenge.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { TargetReport, Verdict } from '../gate/verdict.ts';
import { tellDamage } from '../state/damage.ts';
import { createPendingStore, type PendingStore } from '../state/pending.ts';
import type { Run } from '../state/pending-challenge.ts';
import { findProcess } from '../system/processes.ts';
import { checkWebroot } from './check-webroot.ts';
import { makeUp, makeUpForDns } from './made-up.ts';
import { openWays, overall, reportLeft } from './ways.ts';

export interface Rehearsal {
  /** the program's */
  readonly pid: number;
  readonly env: NodeJS.ProcessEnv;
  readonly err: (line: string) => void;
  /** called when all is recorded and nothing presented yet: what the signal ends from then on is cleaned up */
  readonly begin: () => AbortSignal;
  readonly onChange?: ((reports: readonly TargetReport[]) => void) | undefined;
}

/** What is rehearsed for these names or, where there are none, for a made-up one. */
export function rehearsed(
  names: readonly string[],
  type: ChallengeType = 'http-01',
): readonly AnyChallenge[] {
  const all = names.length > 0 ? names : [MADE_UP_NAME];
  return type === 'dns-01' ? all.map(makeUpForDns) : all.map(makeUp);
}

/**
 * The auth and clean-up path with made-up tokens and records, without the CA.
 * @param use called with what was seen, before anything is taken away again
 * @throws {CertbotHaError} what keeps it from being begun
 */
export async function rehearse<T>(
  cluster: Cluster,
  challenges: readonly AnyChallenge[],
  { pid, env, err, begin, onChange }: Rehearsal,
  use: (verdict: Verdict, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { config } = cluster;
  // Recorded like certbot's, so that a drill that is killed leaves nothing that the next run does not clear.
  const store = createPendingStore(config.stateDir, tellDamage(err));
  const run = { id: `drill-${pid}`, process: findProcess(pid) };
  const ways = await openWays(cluster, challenges, { env });
  if (challenges.some(isHttp)) await checkWebroot(cluster);
  for (const challenge of challenges) await store.record(run, challenge);
  const signal = begin();
  // Nobody could take it away, such as that of a mistyped name, and every run would go on about it.
  const nowhere = new Set<string>();
  const onNowhere = (some: readonly AnyChallenge[]) => {
    for (const one of some) nowhere.add(keyOf(one));
  };
  try {
    const presenting = { signal, onChange, onPlaced: store.place, onNowhere };
    return await use(overall(await ways.present(presenting)), signal);
  } finally {
    await ways.close();
    await clearAway(cluster, challenges, { store, run, nowhere, env, err });
  }
}

interface Clearing extends Pick<Rehearsal, 'env' | 'err'> {
  readonly store: PendingStore;
  readonly run: Run;
  /** of those that were put nowhere */
  readonly nowhere: ReadonlySet<string>;
}

async function clearAway(
  cluster: Cluster,
  challenges: readonly AnyChallenge[],
  { store, run, nowhere, env, err }: Clearing,
): Promise<void> {
  // What this run has presented is taken away even where the store cannot be used.
  const [others] = await Promise.allSettled([store.leftOver(run)]);
  const leftOver = others.status === 'fulfilled' ? others.value : [];
  const all = [...challenges, ...leftOver].filter((one) => !nowhere.has(keyOf(one)));
  const ways = await openWays(cluster, all, { env, isCleanUp: true });
  const left = await ways.takeAway();
  reportLeft(left, err);
  await ways.close();
  if (others.status === 'rejected') throw others.reason;
  const done = [...nowhere, ...all.map(keyOf).filter((key) => !left.keys.has(key))];
  if (done.length > 0) await store.forget(done);
}
