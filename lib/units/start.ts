import { CertbotHaError } from '../base/errors.ts';
import type { RunProgram, Units } from '../certbot/units-shown.ts';
import { readKeyFile } from '../channel/key-file.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import { agentPlacesOf, placesIn } from '../cluster/agent-places.ts';
import { findCluster } from '../cluster/cluster.ts';
import { readConfig } from '../cluster/load.ts';
import { unitsToStart } from '../cluster/own-units.ts';
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
      units: unitsToStart(config),
      socket: hasAgents ? socketDropIn(placesIn(await agentPlacesOf(await findCluster(config, env)))) : null,
    };
  } catch (error) {
    if (!(error instanceof CertbotHaError)) throw error;
    const [found] = error.findings;
    const isThere = found?.code !== 'configuration-missing' && found?.code !== 'key-file-missing';
    return isThere ? { problem: error } : { lacks: found.file };
  }
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
