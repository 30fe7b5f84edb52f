import type { FastifyBaseLogger } from 'fastify';
import { CertbotHaError } from '../../base/errors.ts';
import { expectedFindings } from '../../base/expected.ts';
import { isToken } from '../../challenge/challenge.ts';
import { tokenOfTemporary } from '../../challenge/token-files.ts';
import type { Webroot } from '../../challenge/webroot.ts';
import { createChannelClient } from '../../channel/client.ts';
import type { ClusterKeys } from '../../channel/key-file.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { peersInService } from '../../cluster/drained.ts';
import type { Events } from '../../state/events.ts';
import { wordsOf } from '../../findings/words.ts';
import { logFinding } from '../log.ts';
import { createDenied } from './denied.ts';
import { keepWatching } from './keep-watching.ts';
import { MAX_LOCAL_TOKENS } from './kept-tokens.ts';
import { createLocalTokens } from './local-tokens.ts';
import { REST_AFTER_STORM_MS, startNames } from './names.ts';
import type { OwnTokens } from './own-tokens.ts';
import { startPeerLoop, type PeerLoop } from './peer-loop.ts';
import { deniedReporter, reporter } from './report.ts';
import { anyOf } from '../../system/deadline.ts';

export interface WatchOptions {
  readonly cluster: Cluster;
  readonly keys: ClusterKeys;
  readonly webroot: Webroot;
  readonly own: OwnTokens;
  /** called with each key authorization that is read */
  readonly onSeen?: ((keyAuthorization: string) => void) | undefined;
  /** called when something was written that has to be removed when its time is over */
  readonly onWritten: () => void;
  /** called when it is seen what comes from now on, and when it is not any more */
  readonly onWatched: (isWatched: boolean) => void;
  /** called when it is seen what comes, or known that it cannot be seen now */
  readonly onReady: () => void;
  readonly events: Pick<Events, 'write'>;
  readonly logger: FastifyBaseLogger;
  readonly signal: AbortSignal;
}

/**
 * Presents on every peer in service what other programs of this host put into the webroot, and removes it there when it goes,
 * until the signal aborts. Rejects for a bug.
 */
export async function watchTokens(options: WatchOptions): Promise<void> {
  const { cluster, keys, webroot, own, onWritten, onWatched, onReady, logger } = options;
  const over = new AbortController();
  const signal = anyOf(options.signal, over.signal); // each request to a peer ends with it
  const { tokenTtlMs: ttlMs } = cluster.config.agent;
  const client = createChannelClient(cluster.self.name, keys);
  const onTooMany = () => logFinding(logger, 'warn', { code: 'too-many-tokens', atMost: MAX_LOCAL_TOKENS });
  const onDenied = deniedReporter(webroot.directory, logger, options.events);
  const ofDenied = createDenied({ isDenied: webroot.isDenied, onDenied, signal });
  const onNothing = (token: string) => void ofDenied(token);
  const onRoom = () => names.addAll(REST_AFTER_STORM_MS);
  const told = { onSeen: options.onSeen, onNothing, onTooMany, onRoom };
  const tokens = createLocalTokens({ webroot, own, ttlMs, ...told });
  const loops: PeerLoop[] = [];
  const look = async (token: string) => {
    if (await tokens.look(token)) for (const { wake } of loops) wake();
  };
  const list = async () => {
    onWritten(); // what has come unseen, also of what is not passed on
    return await tokens.list();
  };
  const names = startNames({ look, list, signal });
  for (const peer of peersInService(cluster)) {
    const onSent = reporter(peer, logger, options.events);
    loops.push(startPeerLoop({ peer, here: tokens.all, look, client, ttlMs, onSent, signal }));
  }
  const onName = (name: string) => {
    const written = tokenOfTemporary(name);
    if (written !== null) own.add(written);
    if (isToken(name)) names.add(name);
    if (written !== null || isToken(name)) onWritten();
  };
  try {
    const { directory } = webroot;
    const onAny = () => names.addAll();
    const onAnother = () => void tellIfUnfit(webroot, logger);
    const watching = keepWatching({
      directory,
      onName,
      onAny,
      onWatched,
      onReady,
      onAnother,
      logger,
      signal,
    });
    await Promise.all([watching, names.ended, ...loops.map(async ({ ended }) => await ended)]);
  } finally {
    over.abort(); // where one of them has a bug, the others end as well
    await client.close();
  }
}

/** Peers are refused from now on where the agent may not write into the directory that has come. */
async function tellIfUnfit(webroot: Pick<Webroot, 'check'>, logger: FastifyBaseLogger): Promise<void> {
  await webroot.check().catch((error: unknown) => {
    const { findings } = error instanceof CertbotHaError ? error : { findings: expectedFindings(error) };
    for (const found of findings) logger.warn(found, wordsOf(found));
  });
}
