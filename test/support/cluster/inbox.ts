import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterNode } from '../../../lib/cluster/config.ts';

export function nodeAt(address: string, agentPort: number, name = 'web2'): ClusterNode {
  return { name, address, agentPort, webroot: '/nowhere', httpPort: 80, httpsPort: 443, isDrained: false };
}

/** An inbox as systemd-tmpfiles makes it. */
export async function makeInbox(inbox: string): Promise<string> {
  for (const name of ['bundles', 'activated'])
    await mkdir(join(inbox, name), { recursive: true, mode: 0o700 });
  await chmod(inbox, 0o700);
  return inbox;
}
