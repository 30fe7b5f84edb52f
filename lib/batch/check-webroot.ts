import { isWrittenHere, webrootOf } from '../challenge/webroot-of.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { deadline } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import { LIMITS } from '../system/limits.ts';

/** Checks self's webroot before a batch is begun, unless it is drained. @throws {CertbotHaError} also where the file server is silent */
export async function checkWebroot(cluster: Cluster): Promise<void> {
  if (!isWrittenHere(cluster)) return;
  await unlessHung(cluster.self.webroot, deadline(LIMITS.webrootMs), webrootOf(cluster).check);
}
