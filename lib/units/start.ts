import { CertbotHaError } from '../base/errors.ts';
import type { RunProgram, Units } from '../certbot/units-shown.ts';
import { readKeyFile } from '../channel/key-file.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import { adminPlaceOf } from '../cluster/admin-place.ts';
import { channelAddressOf } from '../cluster/channel-place.ts';
import { findCluster, type Cluster } from '../cluster/cluster.ts';
import { readConfig } from '../cluster/load.ts';
import { DOCTOR_TIMER, NOTIFY_TIMER, neededUnits } from '../cluster/own-units.ts';
import type { SocketPlace } from '../net/listening-socket.ts';
import { running } from './command-step.ts';
import type { SourceFile } from './files.ts';
import { socketDropIn } from './socket.ts';
import { noted, plan, type Plan } from './step.ts';

/** What a configuration needs of systemd. */
export type Needed =
  | {
      readonly units: readonly string[];
      /** the addresses that systemd is to hold for the agent; null: there is no agent */
      readonly socket: SourceFile | null;
    }
  /** the set-up is not over */
  | { readonly lacks: string }
  /** it is wrong: what runs goes on, and would not start again */
  | { readonly problem: CertbotHaError };

/** By the configuration and the key that are there. */
export async function neededHere(env: NodeJS.ProcessEnv): Promise<Needed> {
  try {
    const config = readConfig(env);
    const { needsKey, hasAgents } = abilitiesOf(config);
    if (needsKey) readKeyFile(config.agent.keyFile);
    return {
      units: [...neededUnits(config), DOCTOR_TIMER, ...(config.notify.length > 0 ? [NOTIFY_TIMER] : [])],
      socket: hasAgents ? socketDropIn(await placesOf(await findCluster(config, env))) : null,
    };
  } catch (error) {
    if (!(error instanceof CertbotHaError)) throw error;
    const [found] = error.findings;
    const isThere = found?.code !== 'configuration-missing' && found?.code !== 'key-file-missing';
    return isThere ? { problem: error } : { lacks: found.file };
  }
}

/** Where the agent listens. */
async function placesOf(cluster: Cluster): Promise<readonly SocketPlace[]> {
  const channel = { address: await channelAddressOf(cluster), port: cluster.self.agentPort };
  const admin = adminPlaceOf(cluster);
  if (admin === null) return [channel];
  return [channel, { address: admin.host === 'localhost' ? '127.0.0.1' : admin.host, port: admin.port }];
}

/** Enables and starts those that do not run, or would not after the next boot. */
export function starting(needed: readonly string[], units: Units | null, run: RunProgram): Plan {
  if (units === null) return noted('systemd does not run this host: nothing is enabled or started');
  const isMasked = (unit: string) => units.get(unit)?.enabled.startsWith('masked') === true;
  const isUp = (unit: string) => {
    const known = units.get(unit);
    return known?.state === 'active' && known.enabled === 'enabled';
  };
  const down = needed.filter((unit) => !isUp(unit) && !isMasked(unit));
  return plan(
    noted(...needed.filter(isUp).map((unit) => `enabled and running: ${unit}`)),
    down.length === 0
      ? noted()
      : running(
          ['systemctl', 'enable', '--now', ...down],
          run,
          `journalctl -n 50${down.map((unit) => ` -u ${unit}`).join('')}`,
        ),
  );
}
