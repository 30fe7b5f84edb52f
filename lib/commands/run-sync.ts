import { loadCluster } from '../cluster/load.ts';
import { sync } from '../rollout/sync.ts';
import type { CommandIo } from '../base/io.ts';

/** `certbot-ha sync`: pushes what peers lack and asks for what self lacks. 0 when nothing is outstanding. */
export async function runSync(io: CommandIo): Promise<0 | 1> {
  return await sync({ cluster: await loadCluster(io.env), io, signal: io.interruption() });
}
