import type { Finding } from '../findings/register.ts';
import type { ChannelClient } from '../channel/client.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { targetsFor } from '../cluster/target.ts';
import { deadline } from '../system/deadline.ts';
import { surveyDeletions, type DeletionRow, type StatusRecords, type Told } from './deletions.ts';
import { heldTargets } from '../cluster/vips.ts';
import { rowAt, type Heard, type LineageRow, type Place } from './lineage-row.ts';
import { newestOf } from './newest.ts';
import { ownLineages } from './own-lineages.ts';
import { eachInTurn } from '../base/each-in-turn.ts';
import { createServing } from './serving.ts';
import { askInTurn, type SurveyOptions } from './in-turn.ts';
import { MAX_CONNECTIONS } from '../net/connections.ts';
import { installedOn, unreadOf } from '../peers/survey.ts';
import { whoseBy } from './whose-by.ts';

/** A handshake has time-outs of its own; this is for many of them. */
const PROBE_TIMEOUT_MS = 15_000;
/** More than may connect: those that need no connection go on meanwhile. */
const ROWS_AT_ONCE = 2 * MAX_CONNECTIONS;

export interface LineageSurvey {
  readonly deletions: readonly DeletionRow[];
  readonly rows: readonly LineageRow[];
  /** the names of nodes whose agents answer, but do not tell what is installed there, or not all of it, and why */
  readonly untold: ReadonlyMap<string, Finding>;
}

/** Every lineage of any node, and what each node and VIP has and serves of it. */
export async function surveyLineages(
  cluster: Cluster,
  { client, records }: { readonly client: ChannelClient; readonly records: StatusRecords },
  /** the names of the nodes whose agents answer */
  reachable: ReadonlySet<string>,
  options: SurveyOptions = {},
): Promise<LineageSurvey> {
  const { config, self } = cluster;
  const isShared = config.certificates.mode !== 'per-node';
  const { isRoot = true } = options;
  const own = await ownLineages(config.certificates.configDir, records, { isRoot });
  const untold = new Map<string, Finding>(own.unreadable === null ? [] : [[self.name, own.unreadable]]);
  const unread = new Map<string, readonly string[]>([[self.name, own.unknown]]);
  const installed: Heard['installed'] = new Map([[self.name, own.here]]);
  const peers = isShared ? cluster.peers : [];
  const there = await askPeers(peers, { client, reachable, options }, { untold, unread, installed });
  const recorded = there.flatMap(({ lineages }) => lineages);
  const newest = await newestOf(own.here, recorded, records);
  const deletions = await surveyDeletions(self.name, there, {
    records,
    isRoot,
    certificates: config.certificates,
  });
  const probing = options.signal ?? deadline(PROBE_TIMEOUT_MS);
  // What it does not answer for is another node's, with a certificate of its own.
  const targetsOf = (lineage: string) => {
    const targets = targetsFor(cluster, lineage);
    return (isShared ? targets : heldTargets(cluster, targets)).filter(({ isDrained }) => !isDrained);
  };
  const serving = createServing(probing, whoseBy(config.certificates, { records, recorded }));
  const looked = { installed, unread, deletions, serving, config };
  const places = [...newest].flatMap(([lineage, known]) =>
    targetsOf(lineage).map((target): Place => ({ lineage, known, target })),
  );
  const rows = await eachInTurn(places, ROWS_AT_ONCE, async (place) => await rowAt(place, looked));
  return { rows, untold, deletions };
}

interface Asking {
  readonly client: ChannelClient;
  readonly reachable: ReadonlySet<string>;
  readonly options: SurveyOptions;
}

/** Asks peers side by side for what they have, and notes what each has told. */
async function askPeers(
  peers: readonly ClusterNode[],
  { client, reachable, options }: Asking,
  { untold, unread, installed }: Heard,
): Promise<readonly Told[]> {
  const there: Told[] = [];
  await Promise.all(
    peers.map(async (peer) => {
      if (!reachable.has(peer.name)) return installed.set(peer.name, null);
      // What they serve is looked at next, by as many connections as one process may have.
      const answer = await askInTurn(
        options,
        async (signal) => await installedOn(peer, client, signal, true),
      );
      if (!answer.isOk) {
        untold.set(peer.name, answer.reason);
        return installed.set(peer.name, null);
      }
      const { lineages, deleted = [], unread: left } = answer.body;
      if (left !== undefined) {
        untold.set(peer.name, unreadOf(left));
        unread.set(peer.name, left);
      }
      there.push({ node: peer.name, lineages, deleted });
      return installed.set(peer.name, new Map(lineages.map((record) => [record.lineage, record])));
    }),
  );
  return there;
}
