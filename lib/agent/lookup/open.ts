import type { FastifyBaseLogger } from 'fastify';
import { createChannelClient } from '../../channel/client.ts';
import type { ClusterKeys } from '../../channel/key-file.ts';
import { challengeAbilitiesOf } from '../../cluster/abilities.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { peersInService } from '../../cluster/drained.ts';
import type { Events } from '../../state/events.ts';
import { logFinding } from '../log.ts';
import type { Responses } from '../responses.ts';
import { askPeers } from './ask-peers.ts';
import type { LastThumbprint } from './thumbprint.ts';
import { createRate, type Clock, type Remembered } from '../limits.ts';
import { createLookup, type Found, type Lookup, type LookupEnd } from './lookup.ts';

export interface OpenLookupOptions {
  readonly cluster: Cluster;
  readonly keys: ClusterKeys;
  readonly responses: Responses;
  /** what peers have answered */
  readonly heard: Remembered<Found>;
  /** absent: it is not wanted */
  readonly thumbprint?: LastThumbprint | undefined;
  readonly logger: FastifyBaseLogger;
  readonly events: Pick<Events, 'write'>;
}

/** Whoever asks for made-up tokens must fill neither the journal nor the log of events. */
const COMPLAIN_EVERY_MS = 10_000;

/** The look-up of this configuration, with a connection to each peer. Null: it is off, or all nodes have one webroot. */
export function openLookup(
  options: OpenLookupOptions,
): { readonly lookup: Lookup; readonly close: () => Promise<void> } | null {
  const { cluster, keys, responses, heard } = options;
  if (cluster.config.agent.lookup === 'off') return null;
  // Who asks by name for what is not there makes the file systems of all nodes remember that.
  if (challengeAbilitiesOf(cluster.config).isWebrootShared) return null;
  const client = createChannelClient(cluster.self.name, keys);
  const lookup = createLookup({
    ...askPeers(peersInService(cluster), client),
    responses,
    heard,
    thumbprint: () => options.thumbprint?.known() ?? null,
    onEnd: reportEnds(options),
  });
  return { lookup, close: client.close };
}

/**
 * To the journal and the log of events. Of what no peer has answered, each outcome is told once in 10 s at most, with how
 * many there were since the time before.
 */
export function reportEnds(
  {
    logger,
    events,
  }: Pick<OpenLookupOptions, 'events'> & {
    readonly logger: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error' | 'debug'>;
  },
  now: Clock = () => performance.now(),
): LookupEnd {
  const complaints = new Map<Outcome, { readonly mayTell: () => boolean; count: number }>();
  /** Null: not now. */
  const countOf = (outcome: Outcome): number | null => {
    const of = complaints.get(outcome) ?? { mayTell: createRate(1, COMPLAIN_EVERY_MS, now), count: 0 };
    complaints.set(outcome, of);
    of.count += 1;
    if (!of.mayTell()) return null;
    const { count } = of;
    of.count = 0;
    return count;
  };
  return (found, ms) => {
    const outcome = outcomeOf(found);
    const peer = found.by === 'peer' ? { peer: found.peer } : {};
    const rounded = Math.round(ms);
    if (outcome === 'ok') {
      void events.write({ event: 'lookup', ms, ...peer, outcome });
      logger.info({ ms: rounded, ...peer }, 'answered with the response of a peer');
      return;
    }
    const count = countOf(outcome);
    if (count === null) return;
    void events.write({ event: 'lookup', ms, tokens: count, outcome });
    const fields = { ms: rounded, count };
    if (outcome === 'token-not-found') logger.info(fields, 'no peer has a challenge that was asked for');
    else logFinding(logger, 'warn', { code: outcome }, fields);
  };
}

type Outcome = ReturnType<typeof outcomeOf>;

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
