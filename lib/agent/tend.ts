import type { Server } from 'node:https';
import type { FastifyBaseLogger } from 'fastify';
import type { Webroot } from '../challenge/webroot.ts';
import type { ClusterKeys } from '../channel/key-file.ts';
import { challengeAbilitiesOf, lineageAbilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Events } from '../state/events.ts';
import type { Turn } from '../system/in-turn.ts';
import { createExpiry } from './expiry.ts';
import { logFinding } from './log.ts';
import type { OwnTokens } from './watch/own-tokens.ts';
import { watchTokens } from './watch/watch.ts';

export interface TendOptions {
  readonly cluster: Cluster;
  readonly keys: ClusterKeys;
  readonly webroot: Webroot;
  readonly own: OwnTokens;
  readonly inbox: string;
  /** for what is done in the inbox */
  readonly storeTurn: Turn;
  /** called with each key authorization that is seen in the webroot when it comes */
  readonly onSeen?: ((keyAuthorization: string) => void) | undefined;
  readonly events: Pick<Events, 'write'>;
  readonly logger: FastifyBaseLogger;
  /** ends it */
  readonly signal: AbortSignal;
}

/**
 * What lies in webroot and inbox goes when its time is over and, where agents take the challenges, what other programs put into the webroot goes
 * to the peers. Resolves when it is seen what comes.
 * @param server tells of every request that may have left something
 */
export async function tend(
  server: Server,
  { cluster, keys, webroot, own, inbox, storeTurn, onSeen, events, logger, signal }: TendOptions,
): Promise<void> {
  const { config } = cluster;
  let isWatched = false;
  const expiry = createExpiry({
    webroot,
    inbox: lineageAbilitiesOf(config).inbox === 'shared' ? null : inbox,
    storeTurn,
    // Everything that comes is brought by a request, or seen by the watch, as long as that stands.
    isTold: () => isWatched,
    ttlMs: config.agent.tokenTtlMs,
    logger,
  });
  signal.addEventListener('abort', expiry.stop, { once: true });
  server.on('request', ({ method }) => {
    if (method !== 'GET') expiry.begin();
  });
  expiry.begin();
  void expiry.sweep();
  if (challengeAbilitiesOf(config).hasAgents) {
    const onWatched = (isNow: boolean) => {
      isWatched = isNow;
      expiry.begin();
    };
    const watching = { cluster, keys, webroot, own, onSeen, events, logger, signal };
    await new Promise<void>((resolve) => {
      const told = { onWritten: expiry.begin, onWatched, onReady: resolve };
      watchTokens({ ...watching, ...told }).catch((error: unknown) => {
        onWatched(false);
        logFinding(logger, 'error', { code: 'watch-failed' }, { err: error });
        resolve();
      });
    });
  }
}
