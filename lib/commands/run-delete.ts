import { CertbotHaError } from '../base/errors.ts';
import type { CommandIo } from '../base/io.ts';
import { loadCluster } from '../cluster/load.ts';
import { shellWord } from '../findings/area.ts';
import { isLineageName } from '../lineage/schemas.ts';
import { deleteEverywhere } from '../rollout/delete-everywhere.ts';
import { undoByHand } from '../rollout/undo-by-hand.ts';
import { tellDamage } from '../state/damage.ts';
import { makeStateDir } from '../state/state-dir.ts';
import { openState } from '../state/state.ts';
import { shownTyped, usageError } from './usage-error.ts';

interface RunDeleteOptions {
  readonly isForced: boolean;
  readonly isDryRun: boolean;
  readonly isUndone: boolean;
}

/** `certbot-ha delete`: 0 when the lineage is gone from every node, or asked for again. Asks nobody. */
export async function runDelete(
  io: CommandIo,
  given: readonly string[],
  { isForced, isDryRun, isUndone }: RunDeleteOptions,
): Promise<0 | 1> {
  const [lineage = ''] = given;
  if (given.length > 1) throw usageError(`delete: expected one lineage, got ${given.join(' ')}`, 'delete');
  if (!isLineageName(lineage))
    throw usageError(`delete: expected a lineage, got ${shownTyped(lineage)}`, 'delete');
  const cluster = await loadCluster(io.env);
  if (cluster.config.certificates.mode === 'per-node') {
    const hint = `on the node that shall lose it: certbot delete --cert-name ${shellWord(lineage)}`;
    throw new CertbotHaError('usage', { code: 'per-node-mode' }, { hint });
  }
  await makeStateDir(cluster.config.stateDir);
  const state = openState(cluster.config, tellDamage(io.err));
  const signal = io.interruption();
  if (isUndone) return await undoByHand(lineage, { cluster, state, io, signal });
  return await deleteEverywhere(lineage, { cluster, state, io, signal, isForced, isDryRun });
}
