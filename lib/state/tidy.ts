import { dirname } from 'node:path';
import { removeOrphans } from '../system/write-file.ts';
import { layoutOf } from './layout.ts';

/** Takes away what programs that were killed have left half-written below stateDir. */
export async function tidyState(stateDir: string): Promise<void> {
  const { installed, deleted, acceptedOf, outbox, journal, pending } = layoutOf(stateDir);
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
}
