import type { Finding } from '../findings/register.ts';
import type { ChannelClient } from '../channel/client.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { settingsOf } from '../cluster/lineage-settings.ts';
import type { Service } from '../cluster/service.ts';
import { nameBesideAddress, targetsFor, type Target } from '../cluster/target.ts';
import { servedCertificate, type ServedCertificate } from '../gate/served-certificate.ts';
import { deadline, within } from '../system/deadline.ts';
import { surveyDeletions, type DeletionRow, type StatusRecords, type Told } from './deletions.ts';
import { heldTargets } from '../cluster/vips.ts';
import type { Whose } from '../lineage/leaf-index.ts';
import { newestOf, type Known } from './newest.ts';
import { ownLineages } from './own-lineages.ts';
import { connections } from '../net/connections.ts';
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
   * null: nobody looks, as the configuration says
   */
  readonly serves: 'newest' | 'another' | 'foreign' | 'nothing' | null;
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
    return targetsOf(lineage).map(async (target): Promise<LineageRow> => ({
      lineage,
      target: nameBesideAddress(target),
      address: target.address,
      installed: target.node && installedAt(target, { installed, unread, deletions, lineage, known }),
      serves: target.unprobed ? null : await serving(target, known, services),
      expected: services !== null && target.unprobed === undefined,
      notBefore: known.leaf.notBefore,
      notAfter: known.leaf.notAfter,
    }));
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

type Serves = NonNullable<LineageRow['serves']>;
type Serving = (target: Target, known: Known, services: readonly Service[] | null) => Promise<Serves>;

/** What is worst comes first. */
const RANKS: readonly Serves[] = ['another', 'nothing', 'foreign', 'newest'];

/** What targets serve. One that has not answered is not asked for every other lineage as well: that would take the time of those that do. */
function createServing(signal: AbortSignal, whoseOf: (lineage: string) => Whose): Serving {
  const silent = new Set<string>();
  const look = async (
    target: Target,
    { lineage, names, leaf }: Known,
    service: Service | null,
  ): Promise<Serves> =>
    await connections(async () => {
      const place = `${target.name} ${service?.port ?? ''}`;
      if (silent.has(place)) return 'nothing';
      const [name = ''] = names;
      const wanted = { sha256: leaf.sha256, name, keyType: null, service };
      const seen = await servedCertificate(target, wanted, signal);
      if (seen.kind === 'unknown' && seen.isSilent && !signal.aborted) silent.add(place);
      // Where the configuration says that it is served, another lineage's is in its place.
      if (!('leaf' in seen) || service !== null) return servesOf(seen);
      return (await whoseOf(lineage)(seen.leaf)) === 'own' ? 'another' : 'foreign';
    });
  return async (target, known, services) => {
    const places = (services ?? [null]).map(async (service) => await look(target, known, service));
    const seen = await Promise.all(places);
    return RANKS.find((one) => seen.includes(one)) ?? 'nothing';
  };
}

function servesOf({ kind }: ServedCertificate): Serves {
  switch (kind) {
    case 'wanted':
      return 'newest';
    case 'another':
    case 'foreign':
      return kind;
    case 'none':
    case 'unknown':
      return 'nothing';
  }
}
