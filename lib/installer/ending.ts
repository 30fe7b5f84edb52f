import type { Vetting } from '../certbot/renewal-conf.ts';
import type { Config } from '../cluster/config.ts';
import type { DamagedEntry } from '../state/journal.ts';
import type { InstallResult, InstallState } from '../state/results.ts';
import type { State } from '../state/state.ts';
import type { WebServer } from '../webserver/web-server.ts';

export interface InstallOptions {
  readonly certificates: Config['certificates'];
  readonly state: Pick<State, 'records' | 'results' | 'journal' | 'backups'>;
  readonly webServer: WebServer;
  /** what hooks a renewal configuration may name */
  readonly hookCommands: Vetting['hookCommands'];
  readonly now: () => Date;
}

export type Ending = Pick<InstallResult, 'state' | 'messages'>;

/** What an installer tells of; without an id where nobody knows of which bundle. */
export type InstallReport = Omit<InstallResult, 'id'> & { readonly id: string | null };

export const INTERRUPTED = 'the installer was interrupted';

export function ended(state: InstallState, messages: readonly string[] = []): Ending {
  return { state, messages };
}

/** Whether to undo or to finish what was begun is in the entry alone, so it is an operator's to decide. */
export function endedDamaged({ file, why, lineage }: DamagedEntry): Ending {
  return ended('failed', [
    `${file}: damaged: ${why}`,
    `nobody knows how far an installation of ${lineage} has come: look where the links in live/${lineage} lead, ` +
      'and whether the web server passes its test; then remove this file',
  ]);
}
