import { isWrittenHere, webrootOf } from '../challenge/webroot-of.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { isOnStandby } from '../cluster/standby.ts';
import { CertbotHaError } from '../base/errors.ts';
import { deadline } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import { LIMITS } from '../system/limits.ts';

/** Checks self's webroot before a batch is begun, unless it is drained: one that waits for it to be mounted has none. @throws {CertbotHaError} also where the file server is silent */
export async function checkWebroot(cluster: Cluster): Promise<void> {
  if (!isWrittenHere(cluster)) return;
  if (await isOnStandby(cluster)) {
    const { vips } = cluster.config;
    throw new CertbotHaError('failed', { code: 'webroot-on-standby', directory: cluster.self.webroot, vips });
  }
  await unlessHung(cluster.self.webroot, deadline(LIMITS.webrootMs), webrootOf(cluster).check);
}
