import { readHookEnvironment } from '../certbot/environment.ts';
import { createPendingStore, runOf } from '../challenge/pending.ts';
import { createWebroot } from '../challenge/webroot.ts';
import { readKeyFile } from '../channel/key-file.ts';
import { loadCluster } from '../config/load-cluster.ts';
import type { HookIo } from './io.ts';

/**
 * certbot's auth hook. All but the last of a batch only record their challenge, and load no more
 * than that takes: what speaks to the network is imported by the last one alone.
 */
export async function auth(io: HookIo): Promise<0 | 1 | 2> {
  const { challenge, remaining, allIdentifiers } = readHookEnvironment(io.env);
  const cluster = await loadCluster(io.env);
  const { config, self } = cluster;
  if (config.transport === 'http') readKeyFile(config.agent.keyFile);
  if (!self.isDrained) await createWebroot(self.webroot).check();

  const store = createPendingStore(config.stateDir);
  const run = runOf(io.pid, allIdentifiers);
  await store.record(run, challenge);
  if (remaining > 0) {
    io.out(`${challenge.identifier}: recorded, ${remaining} more to come`);
    return 0;
  }
  const { presentBatch } = await import('./present-batch.ts');
  return await presentBatch({ cluster, store, run, io });
}
