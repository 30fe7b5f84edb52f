import { reportError } from '../base/report-error.ts';
import { loadCluster } from '../cluster/load.ts';
import { withdrawLeftOver } from '../batch/withdraw-left-over.ts';
import { sync } from '../rollout/sync.ts';
import { tellDamage } from '../state/damage.ts';
import { openState } from '../state/state.ts';
import type { CommandIo } from '../base/io.ts';

/** `certbot-ha sync`: pushes what peers lack and asks for what self lacks. Beside that, takes away what is left in DNS. 0 when nothing is outstanding, or left. */
export async function runSync(io: CommandIo): Promise<0 | 1> {
  const cluster = await loadCluster(io.env);
  const state = openState(cluster.config, tellDamage(io.err));
  const signal = io.interruption();
  const { env, pid, err } = io;
  // No certificate waits for a provider of DNS, and no record for a roll-out.
  const withdrawing = withdrawLeftOver(cluster, { store: state.pending, env, pid, err, signal }).catch(
    (error: unknown) => {
      reportError(error, err);
      return false;
    },
  );
  let isClean = false;
  let code: 0 | 1 = 1;
  try {
    code = await sync({ cluster, state, io, signal });
  } finally {
    isClean = await withdrawing;
  }
  return isClean ? code : 1;
}
