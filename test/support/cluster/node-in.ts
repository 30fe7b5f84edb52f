import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createWebroot } from '../../../lib/challenge/webroot.ts';
import type { ClusterNode } from '../../../lib/cluster/config.ts';

/** A node with a webroot of its own below the directory. */
export async function nodeIn(
  directory: string,
  name: string,
  address: string,
  agentPort = 0,
): Promise<ClusterNode> {
  const webroot = join(directory, name);
  await mkdir(webroot, { recursive: true });
  await createWebroot(webroot).check();
  return { name, address, webroot, agentPort, httpPort: 80, httpsPort: 443, isDrained: false };
}
