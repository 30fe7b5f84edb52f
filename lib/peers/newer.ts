import type { Cluster } from '../cluster/cluster.ts';
import { currentGeneration } from '../lineage/current.ts';
import { compareAge } from '../lineage/generation.ts';
import type { InstalledRecord, Records } from '../state/records.ts';
import { isGone, knownOf, stamped } from '../state/stamped.ts';
import { isGoneByHand } from '../lineage/by-hand.ts';
import { orNone } from '../system/read-file.ts';
import { deletedBy, recordsOf, type PeerView } from './survey.ts';

export interface Comparison {
  readonly cluster: Pick<Cluster, 'config'>;
  readonly records: Pick<Records, 'installedOf' | 'deletionOf'>;
  /** what all peers say: each may know the stamp of what is here */
  readonly views: readonly PeerView[];
}

/** What a peer says to have installed, and of which lineages it says what cannot be read here. */
export type Told = Pick<Extract<PeerView, { readonly isReachable: true }>, 'installed' | 'unread'>;

/** Of a lineage of which something cannot be read, such as its deletion, the rest says too little. */
function readWhole({ installed, unread = [] }: Told): readonly InstalledRecord[] {
  return installed.filter(({ lineage }) => !unread.includes(lineage));
}

/**
 * Of what a peer has installed, what is newer than the generation that is in place here, sound or not; nothing that was
 * deleted.
 */
export async function newerThan(
  told: Told,
  { cluster, records, views }: Comparison,
): Promise<readonly InstalledRecord[]> {
  const installed = readWhole(told);
  const now = new Date();
  const { configDir } = cluster.config.certificates;
  const deleted = deletedBy(views, now);
  const isNewer = async ({ lineage, leaf, goneSince }: InstalledRecord): Promise<boolean> => {
    if (goneSince !== undefined) return false;
    // What the disk does not give now is told of by whoever would deliver it, and nothing is asked for over it.
    const here = await orNone(currentGeneration(configDir, lineage), 'unknown');
    if (here === 'unknown') return false;
    const peers = recordsOf(views, lineage);
    const known = await knownOf(lineage, { records, peers, told: deleted, now });
    if (isGone(leaf, known)) return false;
    const own = await records.installedOf(lineage);
    const isHere = here !== null || own === null;
    if (!isHere && (await isGoneByHand(configDir, lineage))) return false;
    if (here === null) return true;
    return compareAge(stamped(leaf, known), stamped(here, known)) > 0;
  };
  const answers = await Promise.all(installed.map(isNewer));
  return installed.filter((_, index) => answers[index]);
}

/**
 * Of what a peer has installed, the generations that are here as well while their ACME account is lost here. The peer may have
 * another account of them, or not know what it is asked for: nothing may wait for them without end.
 */
export async function accountsFrom(
  told: Told,
  { cluster, records }: Pick<Comparison, 'cluster' | 'records'>,
): Promise<readonly InstalledRecord[]> {
  const installed = readWhole(told);
  const { configDir } = cluster.config.certificates;
  const isLost = async ({ lineage, leaf, goneSince, lacksAccount }: InstalledRecord): Promise<boolean> => {
    if (goneSince !== undefined || lacksAccount !== undefined) return false;
    if ((await records.installedOf(lineage))?.lacksAccount === undefined) return false;
    const here = await orNone(currentGeneration(configDir, lineage), null);
    return here?.sha256 === leaf.sha256;
  };
  const answers = await Promise.all(installed.map(isLost));
  return installed.filter((_, index) => answers[index]);
}
