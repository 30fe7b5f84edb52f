import { liveOf } from '../certbot/config-dir.ts';
import { compareAge, type Leaf } from '../lineage/generation.ts';
import { settingsOf } from '../cluster/lineage-settings.ts';
import { targetsFor } from '../cluster/target.ts';
import { seeUsage } from '../gate/usage.ts';
import { namesOf } from '../lineage/names.ts';
import type { ClusterNode } from '../cluster/config.ts';
import type { IsOfAnother, Whose } from '../lineage/leaf-index.ts';
import { readLineage, type Lineage } from '../lineage/lineage.ts';
import type { AccountsBrought } from './accounts-brought.ts';
import { activate } from './activate.ts';
import { activationWithPeers } from './activation.ts';
import { holdersBy, vipHoldersBy } from '../peers/holders.ts';
import type { Offer } from './offers.ts';
import { concludeSync, type Synced } from './conclude-sync.ts';
import { placesOf } from './places.ts';
import { rollOrder } from './order.ts';
import type { InstalledRecord } from '../state/records.ts';
import type { Outstanding } from '../state/outstanding.ts';
import { hasTaken, rollOut } from './roll-out.ts';
import { stageAll } from './stage.ts';
import type { Staleness } from './stale.ts';
import { recordsOf, type PeerView } from '../peers/survey.ts';
import { recordedBy, whoseIs } from '../peers/whose.ts';
import type { ChannelClient } from '../channel/client.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { HookIo } from '../base/io.ts';
import type { Events } from '../state/events.ts';
import { stamped, type Known } from '../state/stamped.ts';
import type { State } from '../state/state.ts';
import type { LineageTransport } from '../transports/delivery.ts';

/** One node that does not come to serve it must not keep the others' lineages waiting. */
const GATE_TIMEOUT_MS = 15_000;

/** What a sync works with. */
export interface SyncOptions {
  readonly cluster: Cluster;
  readonly state: Pick<State, 'records' | 'outstanding' | 'accepted'>;
  readonly transport: LineageTransport;
  /** null where there are no agents to ask */
  readonly client: ChannelClient | null;
  readonly io: Pick<HookIo, 'env' | 'out' | 'err' | 'progress'>;
  readonly signal: AbortSignal;
  readonly events: Pick<Events, 'write'>;
}

/** What is known of the nodes. */
export interface Seen {
  readonly views: readonly PeerView[];
  readonly staleness: Staleness;
  readonly isOfAnother: IsOfAnother;
  readonly brought: AccountsBrought;
}

/**
 * Brings a lineage to the nodes that lack it, in the order of a roll-out: what stops a deploy hook at
 * its canary stops this as well.
 */
export async function syncLineage(offer: Offer, seen: Seen, options: SyncOptions): Promise<Synced> {
  const { bundle, record } = offer;
  const { stamp = null } = record;
  const { cluster, state, transport, io, signal } = options;
  const { config, self } = cluster;
  const lineage = await readLineage(liveOf(config.certificates.configDir, bundle.manifest.lineage));
  const outstanding = (await state.outstanding.list()).filter(
    (delivery) => delivery.lineage === bundle.manifest.lineage,
  );
  const name = bundle.manifest.lineage;
  const whose = whoseIs(lineage.directory, {
    isOfAnother: seen.isOfAnother,
    recorded: async () => await recordedBy(name, state.records, seen.views),
  });
  const due = await dueNodes({ ...offer, lineage, outstanding, whose }, seen, options);
  if (due.length === 0) return 'idle';

  const delivery = await transport.deliver();
  const names = namesOf(lineage.leaf);
  const services = settingsOf(config, name).served;
  const certificate = lineage.leaf;
  const usage = await seeUsage(targetsFor(cluster, name), {
    certificate,
    names,
    services,
    signal,
    whose,
  });
  const holdersOf = vipHoldersBy(cluster, seen.views);
  const activation = activationWithPeers(
    { bundle, lineage },
    { cluster, delivery, usage, holdersOf, stamp, io, signal, gateTimeoutMs: GATE_TIMEOUT_MS },
  );
  const { staged, failed } = await stageAll(due, { bundle, delivery }, { self, signal, io });
  const order = rollOrder(staged, self, holdersBy(cluster, seen.views));
  const endings = await rollOut(order, async (node) => await activate(node, activation));
  for (const ending of endings) if (hasTaken(ending)) seen.brought.add(ending.node, bundle);
  return await concludeSync({ bundle, due, outstanding, endings: [...failed, ...endings] }, options);
}

interface Candidate extends Offer {
  readonly lineage: Lineage;
  readonly outstanding: readonly Outstanding[];
  readonly whose: Whose;
}

async function dueNodes(
  { bundle, record: own, isOrigin, lineage, outstanding, whose }: Candidate,
  { views, staleness, brought }: Seen,
  { cluster, client }: SyncOptions,
): Promise<readonly ClusterNode[]> {
  const known = { own, peers: recordsOf(views, own.lineage), now: new Date() };
  const places = placesOf(own.lineage, { cluster, views });
  const { runsOn } = settingsOf(cluster.config, own.lineage);
  const isOutstanding = (node: ClusterNode) => outstanding.some((delivery) => delivery.node === node.name);
  // With agents, one node's look is enough: that of the node it came from.
  const isStale = async (node: ClusterNode) => {
    // What has become the VIP's holder looks after itself: nobody else may have seen that it serves.
    const isLooked = client === null || isOrigin || (node === cluster.self && runsOn === 'holder');
    for (const place of isLooked ? places(node) : []) {
      const isOld = (leaf: Leaf) => isOlder(leaf, own.leaf, known);
      if (await staleness.servesOlder(place, lineage, { isOlder: isOld, whose })) return true;
    }
    return false;
  };
  const isDue = async (node: ClusterNode): Promise<boolean> => {
    if (node === cluster.self) return isOutstanding(node) || (await isStale(node));
    if (node.isDrained) return false;
    // Without agents, what is outstanding and what is served is all that can be known.
    if (client === null) return isOutstanding(node) || (await isStale(node));
    const view = views.find((candidate) => candidate.node === node);
    if (!view?.isReachable) return false;
    const isOfLineage = ({ lineage: name }: InstalledRecord) => name === own.lineage;
    // What its clock has stamped is told of already, and it would refuse this one as older.
    if (view.ahead.some(isOfLineage)) return false;
    // It may be newer there.
    if (view.unread?.includes(own.lineage)) return false;
    const record = view.installed.find(isOfLineage);
    if (record === undefined) return true;
    // Deleted on that node alone, which is told of.
    if (record.goneSince !== undefined) return false;
    const age = compareAge(stamped(own.leaf, known), stamped(record.leaf, known));
    const isDueAgain = brought.isLacking(node, record, bundle) || isOutstanding(node);
    return age > 0 || (age === 0 && (isDueAgain || (await isStale(node))));
  };
  const { nodes } = cluster.config;
  const answers = await Promise.all(nodes.map(isDue));
  return nodes.filter((_, index) => answers[index]);
}

/** Whether what is served is older than what should be. Of what nobody knows only its dates can tell, which may be wrong. */
function isOlder(served: Leaf, wanted: Leaf, known: Known): boolean {
  const one = stamped(served, known);
  if (one.isNew) return Date.parse(served.notBefore) < Date.parse(wanted.notBefore);
  return compareAge(stamped(wanted, known), one) > 0;
}
