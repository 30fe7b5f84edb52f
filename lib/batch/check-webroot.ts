import { createWebroot } from '../challenge/webroot.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { deadline } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import { LIMITS } from '../system/limits.ts';

/** Checks self's webroot before a batch is begun, unless it is drained. @throws {CertbotHaError} also where the file server is silent */
export async function checkWebroot({ webroot, isDrained }: ClusterNode): Promise<void> {
  if (isDrained) return;
  await unlessHung(webroot, deadline(LIMITS.webrootMs), async () => await createWebroot(webroot).check());
}
