import type { Finding } from '../findings/register.ts';
import type { ChannelClient } from '../channel/client.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { settingsOf } from '../cluster/lineage-settings.ts';
import { nameBesideAddress, targetsFor, type Target } from '../cluster/target.ts';
import { deadline, within } from '../system/deadline.ts';
import { surveyDeletions, type DeletionRow, type StatusRecords, type Told } from './deletions.ts';
import { heldTargets } from '../cluster/vips.ts';
import { newestOf, type Known } from './newest.ts';
import { ownLineages } from './own-lineages.ts';
import { createServing, type Serves } from './serving.ts';
import { installedOn, unreadOf } from '../peers/survey.ts';
import { whoseBy } from './whose-by.ts';

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
  /** whether the configuration says that it is served there */
  readonly expected: boolean;
  /** the newest generation's begin, ISO 8601 */
  readonly notBefore: string;
  /** the newest generation's end, ISO 8601 */
  readonly notAfter: string;
}

const ASK_TIMEOUT_MS = 6_000;
/** A handshake has time-outs of its own; this is for many of them. */
const PROBE_TIMEOUT_MS = 15_000;

/** How long a survey may take. */
export interface SurveyLimits {
  /** milliseconds for each thing that nodes are asked; default 6000 */
  readonly askMs?: number;
  /** ends it, with what has been seen until then; default: nothing does */
  readonly signal?: AbortSignal;
}

/** A part of a survey: milliseconds, or as long as all of it has. */
export function partOf({ signal }: SurveyLimits, ms: number): AbortSignal {
  return signal === undefined ? deadline(ms) : within(signal, ms);
}

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
  limits: SurveyLimits = {},
): Promise<LineageSurvey> {
  const { config, self } = cluster;
  const isShared = config.certificates.mode !== 'per-node';
  const { here, unreadable: found } = await ownLineages(config.certificates.configDir, records);
  const signal = partOf(limits, limits.askMs ?? ASK_TIMEOUT_MS);
  const there: Told[] = [];
  const untold = new Map<string, Finding>(found === null ? [] : [[self.name, found]]);
  const unread = new Map<string, readonly string[]>();
  const installed = new Map<string, ReadonlyMap<string, Known> | null>([[self.name, here]]);
  await Promise.all(
    (isShared ? cluster.peers : []).map(async (peer) => {
      if (!reachable.has(peer.name)) return installed.set(peer.name, null);
      const answer = await installedOn(peer, client, signal);
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
  const recorded = there.flatMap(({ lineages }) => lineages);
  const newest = await newestOf(here, recorded, records);
  const deletions = await surveyDeletions(self.name, there, { records, certificates: config.certificates });
  const probing = limits.signal ?? deadline(PROBE_TIMEOUT_MS);
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
      return {
        lineage,
        target: nameBesideAddress(target),
        address: target.address,
        installed: target.node && installedAt(target, { installed, unread, deletions, lineage, known }),
        ...(serves === 'unseen' ? { serves: null, isCutOff: true } : { serves }),
        expected: services !== null && target.unprobed === undefined,
        notBefore: known.leaf.notBefore,
        notAfter: known.leaf.notAfter,
      };
    });
  });
  return { rows: await Promise.all(rows), untold, deletions };
}

interface Looked {
  readonly unread: ReadonlyMap<string, readonly string[]>;
  readonly installed: ReadonlyMap<string, ReadonlyMap<string, Known> | null>;
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
