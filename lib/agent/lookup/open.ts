import type { FastifyBaseLogger } from 'fastify';
import { createChannelClient } from '../../channel/client.ts';
import type { ClusterKeys } from '../../channel/key-file.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { peersInService } from '../../cluster/drained.ts';
import type { Events } from '../../state/events.ts';
import { logFinding } from '../log.ts';
import type { Responses } from '../responses.ts';
import { askPeers } from './ask-peers.ts';
import type { LastThumbprint } from './thumbprint.ts';
import { createRate } from './limits.ts';
import { createLookup, type Lookup, type LookupEnd } from './lookup.ts';

export interface OpenLookupOptions {
  readonly cluster: Cluster;
  readonly keys: ClusterKeys;
  readonly responses: Responses;
  /** absent: it is not wanted */
  readonly thumbprint?: LastThumbprint | undefined;
  readonly logger: FastifyBaseLogger;
  readonly events: Pick<Events, 'write'>;
}

/** Whoever asks for made-up tokens must not fill the journal. */
const COMPLAIN_EVERY_MS = 10_000;

/** The look-up of this configuration, with a connection to each peer. Null: it is off. */
export function openLookup(
  options: OpenLookupOptions,
): { readonly lookup: Lookup; readonly close: () => Promise<void> } | null {
  const { cluster, keys, responses } = options;
  if (cluster.config.agent.lookup === 'off') return null;
  const client = createChannelClient(cluster.self.name, keys);
  const lookup = createLookup({
    ...askPeers(peersInService(cluster), client),
    responses,
    thumbprint: () => options.thumbprint?.known() ?? null,
    onEnd: reportEnds(options),
  });
  return { lookup, close: client.close };
}

/** To the journal and the log of events. */
function reportEnds({ logger, events }: OpenLookupOptions): LookupEnd {
  const mayComplain = createRate(1, COMPLAIN_EVERY_MS, () => performance.now());
  return (found, ms) => {
    if (found.by === null && !mayComplain()) return;
    const fields = { ms: Math.round(ms) };
    const peer = found.by === 'peer' ? { peer: found.peer } : {};
    void events.write({ event: 'lookup', ms, ...peer, outcome: outcomeOf(found) });
    if (found.by === 'peer') logger.info({ ...fields, ...peer }, 'answered with the response of a peer');
    else if (found.by === 'thumbprint')
      logFinding(logger, 'warn', { code: 'answered-by-thumbprint' }, fields);
    else if (outcomeOf(found) === 'lookup-cut-off')
      logFinding(logger, 'warn', { code: 'lookup-cut-off' }, fields);
    else logger.info(fields, 'no peer has a challenge that was asked for');
  };
}

function outcomeOf(found: Parameters<LookupEnd>[0]) {
  switch (found.by) {
    case 'thumbprint':
      return 'answered-by-thumbprint';
    case null:
      return found.why === 'cut off' ? 'lookup-cut-off' : 'token-not-found';
    case 'peer':
    case 'webroot':
      return 'ok';
  }
}
