import { liveDirectory, renewalConfOf } from '../certbot/config-dir.ts';
import type { FindingOf } from '../findings/register.ts';
import { currentGeneration } from '../lineage/current.ts';
import { isLineageName } from '../lineage/schemas.ts';
import { entriesOf, orNone, statOf } from '../system/read-file.ts';

/**
 * Of the lineages that the cluster has, those that are here without a renewal configuration: this node would renew all others, and no delivery
 * of the same generation restores it. What cannot be read, nobody has lost.
 */
export async function lostConfs(
  configDir: string,
  known: ReadonlySet<string>,
): Promise<readonly FindingOf<'lineage-not-renewed'>[]> {
  const entries = await orNone(entriesOf(liveDirectory(configDir)), []);
  const isLost = async (lineage: string): Promise<boolean> =>
    (await orNone(statOf(renewalConfOf(configDir, lineage)), 'unknown')) === null &&
    (await orNone(currentGeneration(configDir, lineage), null)) !== null;
  const names = entries.filter((name) => isLineageName(name) && known.has(name)).toSorted();
  const lost = await Promise.all(names.map(isLost));
  return names.filter((_, at) => lost[at]).map((lineage) => ({ code: 'lineage-not-renewed', lineage }));
}
