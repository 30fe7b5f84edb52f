import { keyOf, type AnyChallenge } from '../challenge/any-challenge.ts';
import { forgetOrKeep } from './forget-or-keep.ts';
import { openWays, reportLeft } from './ways.ts';
import { eventsFor } from '../state/events-for.ts';
import { launchedBy } from '../state/launched.ts';
import { createPendingStore } from '../state/pending.ts';
import { runOf } from '../state/run-of.ts';
import type { HookEnvironment } from '../certbot/environment.ts';
import { loadCluster } from '../cluster/load.ts';
import type { HookIo } from '../base/io.ts';
import { tellDamage } from '../state/damage.ts';

/** Takes the batch of this hook away, and what earlier runs have left; warns of what stays. @throws {CertbotHaError} */
export async function cleanUpBatch(
  { challenge, allIdentifiers }: HookEnvironment,
  io: HookIo,
): Promise<void> {
  const cluster = await loadCluster(io.env);
  const store = createPendingStore(cluster.config.stateDir, tellDamage(io.err), launchedBy(io.env));
  const run = runOf(io.pid, allIdentifiers);
  const recorded = [...(await store.batch(run)), ...(await store.leftOver(run))];
  // What is recorded of it tells where its record is.
  const isOwn = (entry: AnyChallenge) => keyOf(entry) === keyOf(challenge);
  const challenges = [recorded.find(isOwn) ?? challenge, ...recorded.filter((entry) => !isOwn(entry))];
  const ways = await openWays(cluster, challenges, { env: io.env, isCleanUp: true });
  let telling: Promise<void> = Promise.resolve();
  try {
    const left = await ways.takeAway();
    telling = eventsFor(cluster, 'cleanup').write(...left.events);
    reportLeft(left, io.err);
    await forgetOrKeep({ store, recorded, challenges, left, err: io.err });
  } finally {
    await Promise.all([ways.close(), telling]);
  }
}
