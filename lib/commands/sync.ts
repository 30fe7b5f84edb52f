import { mkdir } from 'node:fs/promises';
import { createClusterClient } from '../channel/client.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { loadCluster } from '../cluster/load.ts';
import { DEPLOY_WAIT_MS, tryDeliveryLock } from '../rollout/lock.ts';
import { takeRequests } from '../inbox/requests.ts';
import { sync as syncLineages } from '../rollout/sync.ts';
import type { SyncOptions } from '../rollout/sync-lineage.ts';
import { createTransport } from '../transports/create.ts';
import type { CommandIo } from '../base/io.ts';

/** `certbot-ha sync`: pushes what peers lack and asks for what self lacks. 0 when nothing is owed. */
export async function sync(io: CommandIo): Promise<0 | 1> {
  const cluster = await loadCluster(io.env);
  const { config } = cluster;
  await mkdir(config.stateDir, { recursive: true });
  const signal = io.interruption();
  const isAnswer = await takeRequests(config.stateDir);
  if (config.certificates.mode === 'per-node') {
    io.out('certificates.mode is per-node: every node keeps its own lineages, nothing to do');
    return 0;
  }
  const exitCode = await tryDeliveryLock(
    config.stateDir,
    async () => await run(cluster, { isAnswer, io, signal }),
    // The peer has been promised an answer, and its request is off the desk.
    { signal, ...(isAnswer && { waitMs: DEPLOY_WAIT_MS }) },
  );
  if (exitCode !== null) return exitCode;
  io.out('a deploy hook or another sync is at work: left to it, and to the next run');
  return 0;
}

async function run(
  cluster: Cluster,
  options: Pick<SyncOptions, 'isAnswer' | 'io' | 'signal'>,
): Promise<0 | 1> {
  const { config } = cluster;
  const transport = await createTransport(cluster);
  const client = abilitiesOf(config).hasAgents ? createClusterClient(cluster) : null;
  try {
    return await syncLineages({ cluster, transport, client, ...options });
  } finally {
    await transport.close();
    await client?.close();
  }
}
