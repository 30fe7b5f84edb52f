import { fileSystemAt } from '../system/file-system.ts';
import { challengeAbilitiesOf } from './abilities.ts';
import type { Cluster } from './cluster.ts';
import { heldHere } from './vips.ts';

/**
 * Whether this node waits for what is shared to be mounted: by DRBD, only who holds the VIP has it, and what is written into the mount point
 * of another node is there for nobody.
 * @param path of the webroot, without links; default: that is looked up
 */
export async function isOnStandby(
  { config, self }: Pick<Cluster, 'config' | 'self'>,
  path?: string,
): Promise<boolean> {
  if (!challengeAbilitiesOf(config).isWebrootShared || config.webServer.runsOn !== 'holder') return false;
  if (config.vips.length === 0 || heldHere({ config }).length > 0) return false;
  return (await fileSystemAt(self.webroot, path))?.kind === 'local';
}
