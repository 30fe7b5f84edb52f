import type { HookIo } from '../base/io.ts';
import { lineOf } from '../findings/words.ts';
import { waitingFor } from '../base/waiting.ts';
import { print } from '../base/print.ts';
import { printExpected } from '../base/report-error.ts';
import { cliIniOverrides } from '../lineage/overrides.ts';
import { createClusterClient, type ChannelClient } from '../channel/client.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { whoOf } from '../cluster/target.ts';
import { heldHere } from '../cluster/vips.ts';
import type { Finding } from '../findings/register.ts';
import { takeRequests } from '../inbox/requests.ts';
import { askToSync } from '../peers/ask-to-sync.ts';
import { oddHolders } from '../peers/holdings.ts';
import { accountsFrom, newerThan } from '../peers/newer.ts';
import { deletedBy, surveyPeers, type PeerView } from '../peers/survey.ts';
import { putBackLeft } from '../removal/apply-deletion.ts';
import { applyTold } from '../removal/apply-told.ts';
import { layoutOf } from '../state/layout.ts';
import type { Outstanding } from '../state/outstanding.ts';
import { makeStateDir } from '../state/state-dir.ts';
import { createSilentNodes, patiently } from '../state/silent-nodes.ts';
import type { State } from '../state/state.ts';
import { tidyState } from '../state/tidy.ts';
import { within } from '../system/deadline.ts';
import { LIMITS } from '../system/limits.ts';
import { removeDead } from '../system/lock.ts';
import { createLineageTransport } from '../transports/create.ts';
import { removeOrphanedSources } from '../transports/rsync/source.ts';
import { bringOutstanding } from './bring-outstanding.ts';
import { tryDeliveryLock } from './lock.ts';
import { deliverOffers } from './deliver-offers.ts';
import { isHeardWell } from './heard.ts';
import { ownOffers } from './own-offers.ts';
import { spreadDeletions } from './spread-deletions.ts';
import { withSyncEvent } from './sync-event.ts';
import type { SyncOptions } from './sync-lineage.ts';

export interface Sync {
  readonly cluster: Cluster;
  readonly state: Pick<State, 'records' | 'outstanding' | 'accepted'>;
  readonly io: Pick<HookIo, 'env' | 'out' | 'err' | 'progress'>;
  readonly signal: AbortSignal;
}

const SURVEY_TIMEOUT_MS = 10_000;

/**
 * Compares what every peer has installed with what self has; delivers what is newer here, and asks
 * for what is newer there. Where every node keeps its own lineages it only forgets what was shared before;
 * where another roll-out takes longer than 5 minutes it does nothing. Resolves to 1 when something is still outstanding.
 */
export async function sync(options: Sync): Promise<0 | 1> {
  return await withSyncEvent(options.cluster, async (events) => await syncNow(options, events));
}

async function syncNow({ cluster, state, io, signal }: Sync, events: SyncOptions['events']): Promise<0 | 1> {
  const { stateDir, certificates } = cluster.config;
  const noted = await state.outstanding.list();
  await makeStateDir(stateDir);
  const isBack = await putBackLeft(cluster.config).then(
    () => true,
    (error: unknown) => {
      printExpected(error, io.err, 'what a removal has left aside: ');
      return false;
    },
  );
  await tidyState(stateDir);
  // Each hook waits for it a moment, and no longer.
  await removeDead(layoutOf(stateDir).silent, signal);
  if (certificates.mode === 'per-node') {
    await takeRequests(stateDir);
    await forgetShared(stateDir, state);
    io.out(lineOf({ code: 'per-node-mode' }));
    return isBack ? 0 : 1;
  }
  const exitCode = await tryDeliveryLock(
    layoutOf(stateDir).delivery,
    // Taken only now: the requests that a sync leaves, since it waits in vain or is stopped, start another one.
    async () => await syncAll({ cluster, state, io, signal, events }, await takeRequests(stateDir), noted),
    { io, signal },
  );
  if (exitCode !== null) return isBack ? exitCode : 1;
  io.out(lineOf({ code: 'roll-out-running' }));
  return 0;
}

/** What is left of the time before every node had its own lineages: nobody would ever end it. */
async function forgetShared(stateDir: string, { records, outstanding }: Sync['state']): Promise<void> {
  await outstanding.keep(await outstanding.list(), { nodes: [], lineages: [], ids: [] });
  await records.keepInstalled([]);
  for (const { lineage, isPending } of await records.deletions())
    if (isPending) await records.forgetDeletion(lineage);
  await removeOrphanedSources(stateDir);
}

async function syncAll(
  { cluster, state, io, signal, events }: Sync & Pick<SyncOptions, 'events'>,
  isAnswer: boolean,
  noted: readonly Outstanding[],
): Promise<0 | 1> {
  for (const finding of await cliIniOverrides(cluster.config.certificates.configDir, io.env))
    print(io.err, finding);
  const silent = patiently(createSilentNodes(cluster.config.stateDir));
  const transport = await createLineageTransport(cluster, silent);
  const { hasAgents } = abilitiesOf(cluster.config);
  let own: ChannelClient | null = null;
  try {
    if (hasAgents && transport.client === null) own = createClusterClient(cluster, silent);
    const client = hasAgents ? (transport.client ?? own) : null;
    const options: SyncOptions = { cluster, state, transport, client, io, signal, events };
    // First: what is here may be known there, and older than it seems.
    const views = client ? await surveyed(client, { cluster, io, signal }) : [];
    // Nothing that was deleted is offered.
    const isGone = await haveTold(views, options);
    const { offers, isWhole } = await ownOffers(views, options, noted);
    for (const odd of oddOf(cluster, views)) print(io.err, odd);
    const isHeard = views.map((view) => isHeardWell(view, io)).every(Boolean);
    // Who answers gives, and asks nothing back, or two nodes would ask each other without end.
    const isAsked = client === null || isAnswer || (await askForNewer(views, options, client));
    const isDelivered = await deliverOffers(offers, views, options);
    const isSpread = client !== null || (await spreadDeletions(options));
    const isBrought = await bringOutstanding(views, options);
    return isWhole && isGone && isHeard && isAsked && isDelivered && isSpread && isBrought ? 0 : 1;
  } finally {
    try {
      await transport.close();
    } finally {
      await own?.close();
    }
  }
}

async function surveyed(
  client: ChannelClient,
  { cluster, io, signal }: Omit<Sync, 'state'>,
): Promise<readonly PeerView[]> {
  const asking = async () => await surveyPeers(cluster, client, within(signal, SURVEY_TIMEOUT_MS));
  return await waitingFor(cluster.peers.map(whoOf).join(', '), io, asking);
}

/** What was deleted elsewhere goes here; false, and told, where it does not: that keeps nothing else back. */
async function haveTold(views: readonly PeerView[], options: SyncOptions): Promise<boolean> {
  const signal = within(options.signal, LIMITS.toldMs);
  try {
    return await applyTold(deletedBy(views, new Date()), { ...options, signal });
  } catch (error) {
    printExpected(error, options.io.err, 'what was deleted elsewhere: ');
    return false;
  }
}

/** Only told: a VIP that is just moving is on no node for a moment, or on two. */
function oddOf({ config, self, peers }: Cluster, views: readonly PeerView[]): readonly Finding[] {
  if (views.length === 0) return [];
  const heard = views.flatMap((view) => (view.isReachable ? [view] : []));
  const holdings = [{ node: self, heldVips: heldHere({ config }) }, ...heard];
  return oddHolders(config.vips, holdings, heard.length === peers.length);
}

function namesOf(records: readonly { readonly lineage: string }[]): readonly string[] {
  return records.map(({ lineage }) => lineage);
}

/** True unless a node that has something newer, or an account that is lost here, could not be asked for it. */
async function askForNewer(
  views: readonly PeerView[],
  { cluster, state: { records }, io, signal }: SyncOptions,
  client: ChannelClient,
): Promise<boolean> {
  let isAsked = true;
  for (const view of views) {
    if (!view.isReachable) continue;
    const seen = { cluster, records, views };
    const newer = namesOf(await newerThan(view, seen));
    const accounts = namesOf(await accountsFrom(view, seen));
    if (newer.length + accounts.length === 0) continue;
    const answer = await askToSync(view.node, cluster, { client, signal });
    const { name: node } = view.node;
    if (answer.isOk) {
      if (newer.length > 0) io.out(lineOf({ code: 'newer-elsewhere', node, lineages: newer }));
      if (accounts.length > 0) print(io.out, { code: 'account-asked', node, lineages: accounts });
    } else {
      const what = newer.length > 0 ? `${newer.join(', ')} newer` : `the account of ${accounts.join(', ')}`;
      print(io.err, answer.reason, `${node}: has ${what}, but could not be asked for it: `);
    }
    isAsked &&= answer.isOk;
  }
  return isAsked;
}
