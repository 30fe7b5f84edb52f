import { CertbotHaError } from '../base/errors.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { currentGeneration } from '../lineage/current.ts';
import type { Deletion } from '../lineage/deletion.ts';
import { isOurs, listLineages } from '../lineage/list.ts';
import { isAhead, stampAfter } from '../lineage/stamp.ts';
import { deletedBy, recordsOf, type PeerView } from '../peers/survey.ts';
import { isGone, knownOf } from '../state/stamped.ts';
import type { State } from '../state/state.ts';

interface Wanted {
  readonly cluster: Cluster;
  readonly state: Pick<State, 'records'>;
  readonly isForced: boolean;
}

/** That it is certbot-ha's here, or that this node or a peer knows it. */
export async function requireLineage(
  lineage: string,
  views: readonly PeerView[],
  { cluster, state: { records } }: Wanted,
): Promise<void> {
  const { configDir } = cluster.config.certificates;
  const here = await listLineages(configDir);
  if (here.includes(lineage)) {
    if (await isOurs(configDir, lineage)) return;
    const hint = `it is yours alone: certbot delete --cert-name ${lineage}`;
    throw new CertbotHaError('usage', { code: 'conf-not-ours', lineage }, { hint });
  }
  const known = [await records.installedOf(lineage), await records.deletionOf(lineage)];
  const told = deletedBy(views, new Date()).filter((one) => one.lineage === lineage);
  const isKnown = known.some((one) => one !== null) || recordsOf(views, lineage).length > 0;
  if (!isKnown && told.length === 0)
    throw new CertbotHaError('usage', { code: 'no-such-lineage', names: [lineage], configDir, known: here });
}

/** The one that is known already where nothing was issued after it, so that doing it twice is doing it once. */
export async function deletionOf(
  lineage: string,
  views: readonly PeerView[],
  { cluster, state: { records }, isForced }: Wanted,
): Promise<Deletion> {
  const now = new Date();
  const peers = recordsOf(views, lineage);
  const known = await knownOf(lineage, { records, peers, told: deletedBy(views, now), now });
  const here = await currentGeneration(cluster.config.certificates.configDir, lineage);
  const found = [here, ...peers.map(({ leaf }) => leaf)].filter((one) => one !== null);
  const { deletion: before } = known;
  if (before !== null && found.every((one) => isGone(one, known)))
    return { lineage, stamp: before.stamp, from: before.from, isForced, isTrial: false };
  const stamps = [known.own, ...known.peers].flatMap((source) =>
    source === null ? [] : [source.leaf.notBefore, source.stamp ?? '', ...othersOf(source)],
  );
  const stamp = stampAfter(
    stamps.filter((one) => one !== '' && !isAhead(one, now)),
    now,
  );
  return { lineage, stamp, from: cluster.self.name, isForced, isTrial: false };
}

function othersOf({ others = [] }: { readonly others?: readonly { readonly stamp: string }[] }) {
  return others.map(({ stamp }) => stamp);
}
