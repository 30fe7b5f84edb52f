import type { Challenge } from '../challenge/challenge.ts';
import { cleanUpEverywhere, reportLeftOver } from './clean-up.ts';
import type { PendingStore, Run } from '../state/pending.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { createTransport } from '../transports/create.ts';
import type { HookIo } from '../base/io.ts';

/** A peer that has been away for a week does not come back with tokens that matter. */
const GIVE_UP_AFTER_MS = 7 * 24 * 3_600_000;

interface CleanUpBatch {
  readonly cluster: Cluster;
  readonly store: PendingStore;
  readonly run: Run;
  readonly io: HookIo;
  readonly challenge: Challenge;
}

/** Takes this batch's tokens away, and those that earlier runs have left; warns of what stays. */
export async function cleanUpBatch({ cluster, store, run, io, challenge }: CleanUpBatch): Promise<void> {
  const transport = await createTransport(cluster);
  try {
    const recorded = [...(await store.batch(run)), ...(await store.leftOver(run))];
    const tokens = [...new Set([challenge.token, ...recorded.map(({ token }) => token)])];
    const left = await cleanUpEverywhere(cluster, transport, tokens);
    reportLeftOver(left, io.err);
    const now = Date.now();
    const isDone = (token: string) => {
      const record = recorded.find((entry) => entry.token === token);
      return left.length === 0 || (record !== undefined && now - record.recordedAtMs > GIVE_UP_AFTER_MS);
    };
    await store.forget(tokens.filter(isDone));
  } finally {
    await transport.close();
  }
}
