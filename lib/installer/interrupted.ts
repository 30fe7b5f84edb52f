import { findingsOf } from '../base/errors.ts';
import type { Outcome } from '../base/outcome.ts';
import { isSystemError } from '../base/expected.ts';
import { isDamaged, type Entry, type Journal } from '../state/journal.ts';
import { LIMITS } from '../system/limits.ts';
import {
  ended,
  endedBy,
  endedDamaged,
  forLineage,
  INTERRUPTED,
  type Ending,
  type InstallOptions,
  type InstallReport,
} from './ending.ts';
import { leaveWhole, overtaking, type Undone } from './undo.ts';

type Options = Omit<InstallOptions, 'webServer'>;

/** What an installer that was killed has begun: the lineages, by the id of the bundle. */
export type Begun = ReadonlyMap<string, string>;

export async function begunBefore({ list }: Pick<Journal, 'list'>): Promise<Begun> {
  const entries = await list();
  return new Map(entries.flatMap((entry) => (isDamaged(entry) ? [] : [[entry.id, entry.lineage]])));
}

/**
 * Ends what was interrupted and whose bundle has not come again; resolves to a report for each.
 * @param coming ids of bundles that go on with what they have begun
 */
export async function endInterrupted(
  options: Options,
  coming: readonly string[] = [],
): Promise<readonly InstallReport[]> {
  const reports: InstallReport[] = [];
  for (const entry of await options.state.journal.list()) {
    const at = options.now().toISOString();
    if (isDamaged(entry)) {
      reports.push({ id: null, lineage: entry.lineage, ...endedDamaged(entry), at });
      continue;
    }
    const { id, lineage } = entry;
    if (coming.includes(id)) continue;
    // Whoever comes next has time for it.
    if (options.limit.leftMs() < LIMITS.askMs) break;
    try {
      const outcome = await leaveWhole(entry, forLineage(options, lineage));
      reports.push({ id, lineage, ...endingOf(entry, outcome), at });
    } catch (error) {
      if (!isSystemError(error)) throw error;
      reports.push({ id, lineage, ...ended('failed', [INTERRUPTED, ...findingsOf(error)]), at });
    }
  }
  return reports;
}

/**
 * Ends what was begun of a bundle that does not go on with it now: where it is in place, the others would be tested
 * and reloaded with it. Null where nothing was, and where that is not possible, or there is no time for it, which is tried again when all have ended.
 */
export async function endBegun(id: string, lineage: string, options: Options): Promise<Ending | null> {
  try {
    const entry = await options.state.journal.read(lineage);
    if (entry === null || isDamaged(entry) || entry.id !== id) return null;
    // A reload; going back takes none.
    if (entry.phase === 'accepted' && options.limit.leftMs() < LIMITS.askMs) return null;
    return endingOf(entry, await leaveWhole(entry, forLineage(options, lineage)));
  } catch (error) {
    endedBy(error); // throws what is a bug
    return null;
  }
}

function endingOf(entry: Entry, outcome: Undone | Outcome): Ending {
  if (typeof outcome === 'object')
    return outcome.isOk
      ? ended('installed', [INTERRUPTED])
      : ended('not reloaded', [INTERRUPTED, outcome.reason]);
  switch (outcome) {
    case 'undone':
      return ended('rolled back', [INTERRUPTED]);
    case 'issued meanwhile':
    case 'deleted meanwhile':
      return ended('failed', [INTERRUPTED, overtaking(entry, outcome)]);
  }
}
