import type { Config } from '../cluster/config.ts';
import { deletionIn, type DeletionBundle } from '../lineage/deletion.ts';
import { applyDeletion } from '../removal/apply-deletion.ts';
import { isDamaged } from '../state/journal.ts';
import { ended, endedDamaged, type Ending, type InstallOptions } from './ending.ts';
import { leaveWhole } from './undo.ts';

/** Has a deletion that has arrived, after what was begun of its lineage. @returns how it ended */
export async function installDeletion(
  { manifest }: DeletionBundle,
  options: InstallOptions & { readonly config: Pick<Config, 'stateDir' | 'certificates'> },
): Promise<Ending> {
  const { config, state, now, limit } = options;
  const { lineage, from } = manifest;
  if (config.certificates.mode === 'per-node')
    return ended('refused', [{ code: 'not-shared', lineage, from }]);
  const begun = await state.journal.read(lineage);
  if (begun !== null && isDamaged(begun)) return endedDamaged(begun);
  if (begun !== null) await leaveWhole(begun, options);
  const uses = await options.usesFor(lineage);
  const applied = await applyDeletion(deletionIn(manifest), { config, state, uses, now: now(), limit });
  return ended(applied.state, applied.findings);
}
