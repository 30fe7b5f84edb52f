import { liveDirectory, liveOf, renewalConfOf } from '../certbot/config-dir.ts';
import { exists } from '../system/read-file.ts';

/**
 * Whether a lineage that has been here was deleted on this node alone, as `certbot delete` and `certbot revoke` do:
 * nothing of it is left but the directory of all lineages, without which the host is new or the disk not mounted.
 */
export async function isGoneByHand(configDir: string, lineage: string): Promise<boolean> {
  for (const part of [renewalConfOf(configDir, lineage), liveOf(configDir, lineage)]) {
    if (await exists(part)) return false;
  }
  return await exists(liveDirectory(configDir));
}
