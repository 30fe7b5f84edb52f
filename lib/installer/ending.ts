import { CertbotHaError, findingsOf } from '../base/errors.ts';
import { isSystemError } from '../base/expected.ts';
import type { Finding } from '../findings/register.ts';
import { limited, linesOfAll } from '../findings/several.ts';
import type { Own } from '../certbot/renewal-conf.ts';
import type { Config } from '../cluster/config.ts';
import type { Gone } from '../lineage/by-hand.ts';
import type { DamagedEntry } from '../state/journal.ts';
import type { InstallResult, InstallState } from '../state/results.ts';
import type { Uses } from '../removal/uses.ts';
import type { State } from '../state/state.ts';
import type { TimeLimit } from '../system/time-limit.ts';
import type { WebServer } from '../webserver/web-server.ts';

export interface InstallOptions {
  readonly certificates: Config['certificates'];
  readonly state: Pick<State, 'records' | 'results' | 'journal' | 'accepted' | 'tidy'>;
  /** what serves the lineage at hand, on this node */
  readonly webServer: WebServer;
  /** What serves a lineage, by this node's configuration: no bundle has a say in what is run. The same for those that are tested and reloaded together. */
  readonly webServerFor: (lineage: string) => WebServer;
  /** What tells whether this node can do without a lineage that is to be deleted. */
  readonly usesFor: (lineage: string) => Promise<Uses>;
  /** What is gone here of what is recorded, read once for all that are installed together; absent: anew for each. */
  readonly gone?: () => Promise<Gone>;
  /** this installation's hooks, as certbot shall run them */
  readonly hooks: Own['hooks'];
  readonly now: () => Date;
  /** what is left for all that is done under the lock */
  readonly limit: TimeLimit;
}

/** The options of one lineage. */
export function forLineage<T extends Omit<InstallOptions, 'webServer'>>(
  options: T,
  lineage: string,
): T & Pick<InstallOptions, 'webServer'> {
  return { ...options, webServer: options.webServerFor(lineage) };
}

export type Ending = Pick<InstallResult, 'state' | 'findings' | 'messages'>;

/** What an installer tells of; without an id where nobody knows of which bundle. */
export type InstallReport = Omit<InstallResult, 'id'> & { readonly id: string | null };

export const INTERRUPTED: Finding = { code: 'installer-was-interrupted' };

/** However much there is to say, its reader takes the answer. */
export function ended(state: InstallState, all: readonly Finding[] = []): Ending {
  // The lines are made of what was found itself: a path with a line end is quoted there, and its reader cuts it out.
  return { state, findings: limited(all), messages: linesOfAll(all) };
}

/** Whether to undo or to finish what was begun is in the entry alone, so it is an operator's to decide. */
export function endedDamaged({ file, why, lineage }: DamagedEntry): Ending {
  if (lineage === null) return ended('failed', [{ code: 'not-a-journal-entry', file }]);
  return ended('failed', [{ code: 'journal-damaged', file, why, lineage }]);
}

const OVERTAKEN: ReadonlySet<string> = new Set(['bundle-replaced', 'written-meanwhile']);

/** How what was thrown ends an installation. @throws what is a bug */
export function endedBy(error: unknown): Ending {
  if (error instanceof CertbotHaError) {
    // Not the bundle's fault, so the other nodes may have it: somebody was quicker on this one.
    const isOvertaken = error.findings.some(({ code }) => OVERTAKEN.has(code));
    return ended(isOvertaken ? 'failed' : 'refused', error.findings);
  }
  // A full disk or the like: kept, it would start the installer without end; sync sends it again.
  if (isSystemError(error)) return ended('failed', findingsOf(error));
  throw error;
}
