import { loadCluster } from '../cluster/load.ts';
import { sync } from '../rollout/sync.ts';
import { tellDamage } from '../state/damage.ts';
import { openState } from '../state/state.ts';
import type { CommandIo } from '../base/io.ts';

/** `certbot-ha sync`: pushes what peers lack and asks for what self lacks. 0 when nothing is outstanding. */
export async function runSync(io: CommandIo): Promise<0 | 1> {
  const cluster = await loadCluster(io.env);
  const state = openState(cluster.config, tellDamage(io.err));
  return await sync({ cluster, state, io, signal: io.interruption() });
}
