import { dirname } from 'node:path';
import { removeDead } from '../system/lock.ts';
import { removeOrphans } from '../system/write-file.ts';
import { layoutOf } from './layout.ts';

/** Takes away what programs that were killed have left half-written, or locked, below stateDir. */
export async function tidyState(stateDir: string, signal?: AbortSignal): Promise<void> {
  const { silent, installed, deleted, acceptedOf, outbox, journal, pending } = layoutOf(stateDir);
  for (const directory of [
    stateDir,
    installed,
    deleted,
    dirname(acceptedOf('any')),
    outbox,
    journal,
    pending,
  ])
    await removeOrphans(directory);
  // Each hook waits for it a moment, and no longer.
  await removeDead(silent, signal);
}
