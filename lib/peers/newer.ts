import type { Cluster } from '../cluster/cluster.ts';
import { currentGeneration } from '../lineage/current.ts';
import { compareAge } from '../lineage/generation.ts';
import type { InstalledRecord } from '../state/records.ts';

/** Of what a peer has installed, what is newer than the generation that is in place here, sound or not. */
export async function newerThan(
  { config }: Pick<Cluster, 'config'>,
  installed: readonly InstalledRecord[],
): Promise<readonly InstalledRecord[]> {
  const isNewer = async ({ lineage, leaf, number }: InstalledRecord): Promise<boolean> => {
    const own = await currentGeneration(config.certificates.configDir, lineage);
    return own === null || compareAge({ ...leaf, number }, own) > 0;
  };
  const answers = await Promise.all(installed.map(isNewer));
  return installed.filter((_, index) => answers[index]);
}
