import type { Vetting } from '../certbot/renewal-conf.ts';
import type { InstallState } from '../state/results.ts';
import type { InstallResult } from '../state/results.ts';
import type { WebServer } from '../webserver/web-server.ts';
import type { Config } from '../cluster/config.ts';

export interface InstallOptions {
  readonly config: Pick<Config, 'stateDir' | 'certificates' | 'webServer'>;
  readonly webServer: WebServer;
  /** what hooks a renewal configuration may name */
  readonly hookCommands: Vetting['hookCommands'];
  readonly now: () => Date;
}

export type Ending = Pick<InstallResult, 'state' | 'messages'>;

export const INTERRUPTED = 'the installer was interrupted';

export function ended(state: InstallState, messages: readonly string[] = []): Ending {
  return { state, messages };
}
