import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OK, type Outcome } from '../../../lib/base/outcome.ts';
import type { Config } from '../../../lib/cluster/config.ts';
import {
  ended,
  type Ending,
  type InstallOptions,
  type InstallReport,
} from '../../../lib/installer/ending.ts';
import { prepare } from '../../../lib/installer/prepare.ts';
import { installTogether } from '../../../lib/installer/together.ts';
import { endInterrupted } from '../../../lib/installer/interrupted.ts';
import type { Bundle } from '../../../lib/lineage/bundle.ts';
import type { InstallResult } from '../../../lib/state/results.ts';
import { openState, type State } from '../../../lib/state/state.ts';
import { LIMITS } from '../../../lib/system/limits.ts';
import { timeLimit } from '../../../lib/system/time-limit.ts';
import type { WebServer } from '../../../lib/webserver/web-server.ts';
import { expectedFiles } from '../../../lib/webserver/kinds.ts';
import { NAME } from '../lineage/bundle.ts';
import { noDamage } from '../no-damage.ts';

/** An installer without a process of its own, whose web server is this test. */
export interface Installer {
  readonly configDir: string;
  readonly state: State;
  install(bundle: Bundle, stamp?: string): Promise<InstallResult>;
  /** Ends what was interrupted and whose bundle is gone. */
  end(): Promise<readonly InstallReport[]>;
  conf(): Promise<string>;
}

/** @param test what the web server's test does and says; default: it passes */
export function inProcess(directory: string, test: () => Promise<Outcome> = async () => OK): Installer {
  const configDir = join(directory, 'letsencrypt');
  const state = openState({ stateDir: join(directory, 'state') }, noDamage);
  const hook = (name: string) => `/opt/certbot-ha/hooks/${name}.js`;
  const webServer: WebServer = {
    ...{ test, reload: async () => OK, isStandby: async () => false },
    ...{ hasTest: true, isNaming: async () => false },
    expects: (live) => expectedFiles('nginx', live),
  };
  const options: InstallOptions = {
    ...{ state, now: () => new Date() },
    limit: timeLimit(LIMITS.roundMs),
    certificates: { mode: 'shared', configDir } as Config['certificates'],
    webServer,
    webServerFor: () => webServer,
    usesFor: async () => ({ test, hasTest: true, seen: async () => [] }),
    hooks: { auth: hook('auth'), cleanup: hook('cleanup'), deploy: hook('deploy') },
  };
  return {
    ...{ configDir, state },
    install: async (bundle, stamp) => {
      const { lineage, leaf } = bundle.manifest;
      const prepared = await prepare(leaf.sha256, { ...bundle, stamp: stamp ?? null }, options);
      const of = (ending: Ending) => ({ id: leaf.sha256, lineage, ...ending, at: new Date().toISOString() });
      if (prepared.kind === 'ended') return of(prepared.ending);
      if (prepared.kind === 'again') {
        await test();
        return of(ended('unchanged'));
      }
      const { endings } = await installTogether([prepared.member], options);
      const [ending] = endings.values();
      if (!ending) throw new Error('without an ending');
      return of(ending);
    },
    end: async () => await endInterrupted(options),
    conf: async () => await readFile(join(configDir, 'renewal', `${NAME}.conf`), 'utf8'),
  };
}
