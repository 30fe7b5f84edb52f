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

/**
 * Of what a peer has installed, what is newer than the generation that is in place here, sound or not, or the same where
 * its account is lost here; nothing that was deleted.
 */
export async function newerThan(
  installed: readonly InstalledRecord[],
  { cluster, records, views }: Comparison,
): Promise<readonly InstalledRecord[]> {
  const now = new Date();
  const { configDir } = cluster.config.certificates;
  const told = deletedBy(views, now);
  const isNewer = async ({ lineage, leaf, goneSince, lacksAccount }: InstalledRecord): Promise<boolean> => {
    if (goneSince !== undefined) return false;
    // What the disk does not give now is told of by whoever would deliver it, and nothing is asked for over it.
    const here = await orNone(currentGeneration(configDir, lineage), 'unknown');
    if (here === 'unknown') return false;
    const peers = recordsOf(views, lineage);
    const known = await knownOf(lineage, { records, peers, told, now });
    if (isGone(leaf, known)) return false;
    const own = await records.installedOf(lineage);
    const isHere = here !== null || own === null;
    if (!isHere && (await isGoneByHand(configDir, lineage))) return false;
    if (here === null) return true;
    const age = compareAge(stamped(leaf, known), stamped(here, known));
    return age > 0 || (age === 0 && own?.lacksAccount !== undefined && lacksAccount === undefined);
  };
  const answers = await Promise.all(installed.map(isNewer));
  return installed.filter((_, index) => answers[index]);
}
