import { transportsOf } from '../../../lib/cluster/abilities.ts';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome } from '../../../lib/base/outcome.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import { markActivated, serialise, stageBundle } from '../../../lib/inbox/stage.ts';
import type { InstallOptions, InstallReport } from '../../../lib/installer/ending.ts';
import { processInbox } from '../../../lib/installer/install-all.ts';
import { idOfParcel, type Parcel } from '../../../lib/lineage/deletion.ts';
import { openState, type State } from '../../../lib/state/state.ts';
import { LIMITS } from '../../../lib/system/limits.ts';
import { timeLimit } from '../../../lib/system/time-limit.ts';
import { expectedFiles } from '../../../lib/webserver/kinds.ts';
import type { WebServer } from '../../../lib/webserver/web-server.ts';
import { noDamage } from '../no-damage.ts';

/** A node whose installer has no process of its own. */
export interface InboxInProcess {
  readonly configDir: string;
  readonly inbox: string;
  readonly state: State;
  readonly options: InstallOptions;
  /** Stages and activates it. */
  deliver(parcel: Parcel): Promise<void>;
  /** Installs what has been activated; resolves to what it tells. @param options default: its own */
  install(options?: InstallOptions): Promise<readonly InstallReport[]>;
}

/** @param ask what the web server's test and reload do */
export async function inboxInProcess(
  directory: string,
  ask: () => Promise<Outcome>,
): Promise<InboxInProcess> {
  const [configDir, stateDir] = [join(directory, 'letsencrypt'), join(directory, 'state')];
  const inbox = join(stateDir, 'inbox');
  for (const part of ['bundles', 'activated']) await mkdir(join(inbox, part), { recursive: true });
  const state = openState({ stateDir }, noDamage);
  const webServer = serverOf(ask);
  const certificates = {
    mode: 'shared',
    configDir,
    lineages: {},
  } as unknown as InstallOptions['certificates'];
  const config = { stateDir, certificates, transport: transportsOf('http') };
  const cluster = { config, self: { name: 'web2' } } as unknown as Cluster;
  const options: InstallOptions = {
    ...{ state, webServer, certificates, now: () => new Date(), webServerFor: () => webServer },
    limit: timeLimit(LIMITS.roundMs),
    usesFor: async () => ({ test: ask, hasTest: true, seen: async () => [] }),
    hooks: { auth: '/opt/hooks/auth.js', cleanup: '/opt/hooks/cleanup.js', deploy: '/opt/hooks/deploy.js' },
  };
  return {
    ...{ configDir, inbox, state, options },
    deliver: async (parcel) => {
      await stageBundle(inbox, idOfParcel(parcel), serialise(parcel));
      await markActivated(inbox, idOfParcel(parcel), null);
    },
    install: async (own = options) => {
      const told: InstallReport[] = [];
      await processInbox(cluster, own, (report) => void told.push(report));
      return told;
    },
  };
}

export function serverOf(ask: () => Promise<Outcome>): WebServer {
  return {
    ...{ test: ask, reload: ask, isStandby: async () => false, hasTest: true, isNaming: async () => false },
    expects: (live) => expectedFiles('nginx', live),
  };
}
