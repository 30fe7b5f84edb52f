import { eventsOfCleanUp } from './batch-events.ts';
import { cleanUpEverywhere, reportLeftOver } from './clean-up.ts';
import { eventsFor } from '../state/events-for.ts';
import { createPendingStore, runOf } from '../state/pending.ts';
import type { HookEnvironment } from '../certbot/environment.ts';
import { loadCluster } from '../cluster/load.ts';
import { createTransport } from '../transports/create.ts';
import type { HookIo } from '../base/io.ts';
import { printError } from '../base/report-error.ts';
import { tellDamage } from '../state/damage.ts';

/** A peer that has been away for a week does not come back with tokens that matter. */
const GIVE_UP_AFTER_MS = 7 * 24 * 3_600_000;

/** Takes the batch of this hook away, and what earlier runs have left; warns of what stays. @throws {CertbotHaError} */
export async function cleanUpBatch(
  { challenge, allIdentifiers }: HookEnvironment,
  io: HookIo,
): Promise<void> {
  const cluster = await loadCluster(io.env);
  const store = createPendingStore(cluster.config.stateDir, tellDamage(io.err));
  const run = runOf(io.pid, allIdentifiers);
  const transport = await createTransport(cluster);
  let telling: Promise<void> = Promise.resolve();
  try {
    const recorded = [...(await store.batch(run)), ...(await store.leftOver(run))];
    const tokens = [...new Set([challenge.token, ...recorded.map(({ token }) => token)])];
    const startedMs = performance.now();
    const left = await cleanUpEverywhere(cluster, transport, tokens);
    const ms = performance.now() - startedMs;
    const of = { identifier: challenge.identifier, tokens: tokens.length };
    telling = eventsFor(cluster, 'cleanup').write(...eventsOfCleanUp({ cluster, left, ms }, of));
    reportLeftOver(left, io.err);
    const now = Date.now();
    const isDone = (token: string) => {
      const record = recorded.find((entry) => entry.token === token);
      return left.length === 0 || (record !== undefined && now - record.recordedAtMs > GIVE_UP_AFTER_MS);
    };
    await store.forget(tokens.filter(isDone));
    // The next batch of this certbot may have the same names.
    const kept = recorded.filter(({ token, isOver }) => isOver !== true && !isDone(token));
    if (kept.length > 0) await store.retire(kept).catch((error: unknown) => printError(error, io.err));
  } finally {
    await Promise.all([transport.close(), telling]);
  }
}
