import { peersInService } from '../cluster/drained.ts';
import { leaveRequest } from '../inbox/leave-request.ts';
import type { FastifyBaseLogger } from 'fastify';
import { createChannelClient } from '../channel/client.ts';
import type { ClusterKeys } from '../channel/key-file.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { askToSync } from '../peers/ask-to-sync.ts';
import { logFinding } from './log.ts';
import { layoutOf } from '../state/layout.ts';
import { within } from '../system/deadline.ts';
import { pause } from '../system/pause.ts';

export interface AnnounceOptions {
  readonly cluster: Cluster;
  readonly keys: ClusterKeys;
  readonly logger: FastifyBaseLogger;
  readonly signal: AbortSignal;
}

/** A host that boots may be ahead of its network; after that the peers' timers do it. */
const PAUSES_MS = [0, 2_000, 5_000, 10_000, 20_000];
const ANNOUNCE_TIMEOUT_MS = 10_000;

/** After a split this node may be the one that has the newest: its own sync, too, is due. */
async function askSelf({ config, self }: Cluster, logger: FastifyBaseLogger): Promise<void> {
  try {
    await leaveRequest(layoutOf(config.stateDir).requests, self.name);
  } catch (error) {
    logFinding(logger, 'warn', { code: 'self-not-asked' }, { err: error });
  }
}

/**
 * Notifies every peer that this node is back and may lack something, so that they bring it up to date.
 * Resolves when each has heard it, or has been tried often enough; at once where every node keeps its
 * own lineages, or has no agent.
 */
export async function announce({ cluster, keys, logger, signal }: AnnounceOptions): Promise<void> {
  const { config, self } = cluster;
  if (config.certificates.mode === 'per-node' || !abilitiesOf(config).hasAgents) return;
  await askSelf(cluster, logger);
  const client = createChannelClient(self.name, keys);
  const notify = async (peer: ClusterNode): Promise<void> => {
    for (const pauseMs of PAUSES_MS) {
      await pause(pauseMs, signal);
      if (signal.aborted) return;
      const answer = await askToSync(peer, cluster, { client, signal: within(signal, ANNOUNCE_TIMEOUT_MS) });
      if (answer.isOk) return;
      const fields = { node: peer.name, reason: answer.reason };
      logFinding(logger, 'debug', { code: 'peers-not-notified' }, fields);
    }
  };
  try {
    await Promise.all(peersInService(cluster).map(notify));
  } finally {
    await client.close();
  }
}
