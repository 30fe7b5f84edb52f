import type { Cluster } from '../cluster/cluster.ts';
import { currentGeneration } from '../lineage/current.ts';
import { compareAge } from '../lineage/generation.ts';
import type { InstalledRecord, Records } from '../state/records.ts';
import { stamped } from '../state/stamped.ts';
import { recordsOf, type PeerView } from './survey.ts';

export interface Comparison {
  readonly cluster: Pick<Cluster, 'config'>;
  readonly records: Pick<Records, 'installedOf'>;
  /** what all peers say: each may know the stamp of what is here */
  readonly views: readonly PeerView[];
}

/** Of what a peer has installed, what is newer than the generation that is in place here, sound or not. */
export async function newerThan(
  installed: readonly InstalledRecord[],
  { cluster, records, views }: Comparison,
): Promise<readonly InstalledRecord[]> {
  const now = new Date();
  const isNewer = async ({ lineage, leaf }: InstalledRecord): Promise<boolean> => {
    const here = await currentGeneration(cluster.config.certificates.configDir, lineage);
    if (here === null) return true;
    const known = { own: await records.installedOf(lineage), peers: recordsOf(views, lineage), now };
    return compareAge(stamped(leaf, known), stamped(here, known)) > 0;
  };
  const answers = await Promise.all(installed.map(isNewer));
  return installed.filter((_, index) => answers[index]);
}
