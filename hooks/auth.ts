#!/usr/bin/env node
import { runHook } from './run-hook.ts';
import { readHookEnvironment } from '../lib/certbot/environment.ts';
import { tellDamage } from '../lib/state/damage.ts';
import { createPendingStore, runOf } from '../lib/state/pending.ts';
import { createWebroot } from '../lib/challenge/webroot.ts';
import { readKeyFile } from '../lib/channel/key-file.ts';
import { abilitiesOf } from '../lib/cluster/abilities.ts';
import { loadCluster } from '../lib/cluster/load.ts';
import type { HookIo } from '../lib/base/io.ts';

/**
 * certbot's auth hook. All but the last of a batch only record their challenge, and load no more
 * than that takes: what speaks to the network is imported by the last one alone.
 */
async function auth(io: HookIo): Promise<0 | 1 | 2> {
  const { challenge, remainingChallenges, allIdentifiers } = readHookEnvironment(io.env);
  const cluster = await loadCluster(io.env);
  const { config, self } = cluster;
  if (abilitiesOf(config).needsKey) readKeyFile(config.agent.keyFile);
  if (!self.isDrained) await createWebroot(self.webroot).check();

  const onDamage = tellDamage(io.err);
  const store = createPendingStore(config.stateDir, onDamage);
  const run = runOf(io.pid, allIdentifiers);
  await store.record(run, challenge);
  if (remainingChallenges > 0) {
    io.out(`${challenge.identifier}: recorded, ${remainingChallenges} more to come`);
    return 0;
  }
  const { presentBatch } = await import('../lib/batch/present-batch.ts');
  return await presentBatch({ cluster, store, run, io, onDamage });
}

void runHook('certbot-ha-auth', auth);
