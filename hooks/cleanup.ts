#!/usr/bin/env node
import { runHook } from './run-hook.ts';
import { readHookEnvironment } from '../lib/certbot/environment.ts';
import type { HookIo } from '../lib/base/io.ts';

/**
 * certbot's clean-up hook. The batch is cleaned up as a whole by the last one; the others have
 * nothing to do. Where the last one never comes, the batch's last auth hook notices that certbot
 * has ended, or the next run finds what is left.
 */
async function cleanup(io: HookIo): Promise<0 | 1 | 2> {
  const { challenge, remainingChallenges, allIdentifiers } = readHookEnvironment(io.env);
  if (remainingChallenges > 0) return 0;
  const { loadCluster } = await import('../lib/cluster/load.ts');
  const { tellDamage } = await import('../lib/state/damage.ts');
  const { createPendingStore, runOf } = await import('../lib/state/pending.ts');
  const { cleanUpBatch } = await import('../lib/batch/clean-up-batch.ts');
  const cluster = await loadCluster(io.env);
  const store = createPendingStore(cluster.config.stateDir, tellDamage(io.err));
  await cleanUpBatch({ cluster, store, run: runOf(io.pid, allIdentifiers), io, challenge });
  return 0;
}

void runHook('certbot-ha-cleanup', cleanup);
