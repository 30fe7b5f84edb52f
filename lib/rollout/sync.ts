import { compareAge } from '../lineage/generation.ts';
import { checkBundle } from '../lineage/check-bundle.ts';
import { collectBundle } from '../lineage/collect.ts';
import type { ChannelClient } from '../channel/client.ts';
import { SYNC_REQUESTS } from '../channel/protocol.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { CertbotHaError } from '../base/errors.ts';
import { recordInstalled, createRecords, type InstalledRecord } from '../state/records.ts';
import { currentGeneration } from '../lineage/current.ts';
import { isManual, listLineages } from '../lineage/list.ts';
import { whoOf } from '../cluster/target.ts';
import { within } from '../system/deadline.ts';
import { removeOrphanedSources } from '../transports/rsync/source.ts';
import { bringUpToDate, type Offer, type SyncOptions } from './sync-lineage.ts';
import { createOwed } from '../state/outstanding.ts';
import { createStaleness } from './stale.ts';
import { surveyPeers, type PeerView } from '../peers/survey.ts';

const SURVEY_TIMEOUT_MS = 10_000;
/** Tests, reloads and gates of a roll-out, besides one gate that runs into its time-out. */
const ROLL_OUT_MS = 120_000;

/**
 * Compares what every peer has installed with what self has; delivers what is newer here, and asks
 * for what is newer there. Resolves to 1 when something is still owed.
 */
export async function sync(options: SyncOptions): Promise<0 | 1> {
  const { cluster, client, isAnswer, io, signal } = options;
  const { offers, isWhole } = await ownOffers(options);
  const views = client ? await surveyPeers(cluster, client, within(signal, SURVEY_TIMEOUT_MS)) : [];
  for (const view of views) {
    if (!view.isReachable) io.err(`${whoOf(view.node)}: ${view.reason}`);
  }
  let isGood = isWhole && views.every(({ isReachable }) => isReachable);
  if (client && !isAnswer && !(await askForNewer(views, { ...options, client }))) isGood = false;
  const staleness = createStaleness(signal, (node, reason) =>
    io.err(`${whoOf(node)}: what it serves cannot be seen: ${reason}`),
  );
  for (const offer of offers) {
    if (signal.aborted) return 1;
    if (!(await bringUpToDate(offer, { views, staleness }, options))) isGood = false;
  }
  return isGood ? 0 : 1;
}

/** What this node has to give; what is recorded as installed and is no more, is forgotten. */
async function ownOffers({ cluster, io }: SyncOptions) {
  const { config, self } = cluster;
  const { configDir } = config.certificates;
  const names = await listLineages(configDir);
  const records = createRecords(config.stateDir);
  await records.keepInstalled(names);
  await createOwed(config.stateDir).keep(
    config.nodes.map((node) => node.name),
    names,
  );
  await removeOrphanedSources(config.stateDir);
  const offers: Offer[] = [];
  let isWhole = true;
  for (const name of names) {
    if (!(await isManual(configDir, name))) continue;
    try {
      const bundle = await collectBundle(configDir, name, self.name);
      const { notAfter } = bundle.manifest.leaf;
      if (Date.parse(notAfter) <= Date.now()) {
        io.out(
          `${name}: expired at ${notAfter}, not delivered; renew it or, if nobody wants it, delete it on every node: docs/state-directory.md`,
        );
        continue;
      }
      const vetting = { configDir, hookCommands: new Set<string>(), installed: bundle.files['renewal.conf'] };
      const checked = await checkBundle(bundle, vetting, new Date());
      if ('problems' in checked) throw new CertbotHaError('failed', checked.problems);
      await recordInstalled(bundle, records, new Date());
      const record = await records.installedOf(name);
      if (record && isUnderWay(record, cluster)) {
        io.out(
          `${name}: came from ${record.from} a moment ago, which brings it to the others: left to it for now`,
        );
        continue;
      }
      offers.push({ bundle, isOrigin: record?.from === self.name });
    } catch (error) {
      if (!(error instanceof CertbotHaError)) throw error;
      isWhole = false;
      for (const problem of error.problems) io.err(`${name}: not delivered: ${problem}`);
    }
  }
  return { offers, isWhole };
}

/** It came from another node a moment ago, which rolls it out in its order: who goes ahead would get round the canary. */
function isUnderWay({ from, installedAt }: InstalledRecord, { config, self }: Cluster): boolean {
  const ageMs = Date.now() - Date.parse(installedAt);
  // Less than 0 after the clock was put back.
  return from !== self.name && ageMs >= 0 && ageMs < config.gate.timeoutMs + ROLL_OUT_MS;
}

/** True unless a node that has something newer could not be asked for it. */
async function askForNewer(
  views: readonly PeerView[],
  { cluster, client, io, signal }: SyncOptions & { readonly client: ChannelClient },
): Promise<boolean> {
  let isAsked = true;
  for (const view of views) {
    if (!view.isReachable) continue;
    const isNewer = await Promise.all(
      view.installed.map(async (record) => await isNewerThere(record, cluster)),
    );
    const newer = view.installed.filter((_, index) => isNewer[index]);
    if (newer.length === 0) continue;
    const body = { node: cluster.self.name };
    const answer = await client.request(view.node, 'POST', SYNC_REQUESTS, { body, signal });
    const names = newer.map(({ lineage }) => lineage).join(', ');
    if (answer.isOk) io.out(`${view.node.name}: asked for ${names}, newer there`);
    else io.err(`${view.node.name}: has ${names} newer, but could not be asked for it: ${answer.reason}`);
    isAsked &&= answer.isOk;
  }
  return isAsked;
}

/** Whether a peer's record is newer than what is in place here, sound or not. */
async function isNewerThere(
  { lineage, leaf, number }: InstalledRecord,
  { config }: Cluster,
): Promise<boolean> {
  const own = await currentGeneration(config.certificates.configDir, lineage);
  return own === null || compareAge({ ...leaf, number }, own) > 0;
}
