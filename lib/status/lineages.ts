import type { Finding } from '../findings/register.ts';
import type { ChannelClient } from '../channel/client.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import type { Leaf } from '../lineage/generation.ts';
import { settingsOf } from '../cluster/lineage-settings.ts';
import { nameBesideAddress, targetsFor, type Target } from '../cluster/target.ts';
import { deadline } from '../system/deadline.ts';
import { surveyDeletions, type DeletionRow, type StatusRecords, type Told } from './deletions.ts';
import { heldTargets } from '../cluster/vips.ts';
import { newestOf, type Known } from './newest.ts';
import { ownLineages } from './own-lineages.ts';
import { createServing, type Serves } from './serving.ts';
import { askInTurn, type SurveyOptions } from './in-turn.ts';
import { installedOn, unreadOf } from '../peers/survey.ts';
import { whoseBy } from './whose-by.ts';

/** Which certificate of a lineage a node has. */
export type InstalledGeneration = Pick<Leaf, 'sha256' | 'notBefore' | 'notAfter'>;

/** What is known of a lineage at one target. */
export interface LineageRow {
  readonly lineage: string;
  readonly target: string;
  readonly address: string;
  /** of the newest generation that any node has; `deleted`: on that node alone; `unknown` where nobody tells, null for a VIP */
  readonly installed: 'newest' | 'older' | 'none' | 'deleted' | 'unknown' | null;
  /**
   * what is shown to who asks for its first name, on the worst of its ports; `another`: an earlier generation or, where the
   * configuration says that it is served, any certificate of the name; `foreign`: any other;
   * null: nobody looks, as the configuration says, or nobody had the time
   */
  readonly serves: Exclude<Serves, 'unseen'> | null;
  /** nobody had the time to look at all of it; absent: it was looked at */
  readonly isCutOff?: true;
  /** the one that is installed, as far as that is known; null: none, unknown, or a VIP */
  readonly generation: InstalledGeneration | null;
  /** whether the configuration says that it is served there */
  readonly expected: boolean;
  /** the newest generation's begin, ISO 8601 */
  readonly notBefore: string;
  /** the newest generation's end, ISO 8601 */
  readonly notAfter: string;
}

/** A handshake has time-outs of its own; this is for many of them. */
const PROBE_TIMEOUT_MS = 15_000;

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
  const installed: Looked['installed'] = new Map([[self.name, own.here]]);
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
  const rows = [...newest].flatMap(([lineage, known]) => {
    const services = settingsOf(config, lineage).served;
    return targetsOf(lineage).map(async (target): Promise<LineageRow> => {
      const serves = target.unprobed ? null : await serving(target, known, services);
      const state = target.node && installedAt(target, { installed, unread, deletions, lineage, known });
      return {
        lineage,
        target: nameBesideAddress(target),
        address: target.address,
        installed: state,
        generation: state && generationOf(state, installed.get(target.name)?.get(lineage)),
        ...(serves === 'unseen' ? { serves: null, isCutOff: true } : { serves }),
        expected: services !== null && target.unprobed === undefined,
        notBefore: known.leaf.notBefore,
        notAfter: known.leaf.notAfter,
      };
    });
  });
  return { rows: await Promise.all(rows), untold, deletions };
}

/** What each node has told, by its name. */
interface Heard {
  readonly untold: Map<string, Finding>;
  readonly unread: Map<string, readonly string[]>;
  /** null: nothing */
  readonly installed: Map<string, ReadonlyMap<string, Known> | null>;
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

interface Looked extends Pick<Heard, 'unread' | 'installed'> {
  readonly deletions: readonly DeletionRow[];
  readonly lineage: string;
  readonly known: Known;
}

function installedAt({ name }: Target, { installed, unread, deletions, lineage, known }: Looked) {
  if (unread.get(name)?.includes(lineage)) return 'unknown';
  const isByHand = deletions.some(
    (row) => row.node === name && row.lineage === lineage && row.found.code === 'deleted-by-hand',
  );
  return isByHand ? 'deleted' : compare(installed.get(name) ?? null, lineage, known);
}

function generationOf(
  state: NonNullable<LineageRow['installed']>,
  known: Known | undefined,
): InstalledGeneration | null {
  if (known === undefined || (state !== 'newest' && state !== 'older')) return null;
  const { sha256, notBefore, notAfter } = known.leaf;
  return { sha256, notBefore, notAfter };
}

function compare(
  list: ReadonlyMap<string, Known> | null,
  lineage: string,
  newest: Known,
): LineageRow['installed'] {
  if (list === null) return 'unknown';
  const own = list.get(lineage);
  if (own === undefined) return 'none';
  return own.leaf.sha256 === newest.leaf.sha256 ? 'newest' : 'older';
}
