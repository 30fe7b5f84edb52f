import type { Finding } from '../findings/register.ts';
import { lineOf } from '../findings/words.ts';
import { liveOf } from '../certbot/config-dir.ts';
import { loadCluster } from '../cluster/load.ts';
import { deploy as deployLineage } from '../rollout/deploy.ts';
import { tellDamage } from '../state/damage.ts';
import { openState } from '../state/state.ts';
import { CertbotHaError } from '../base/errors.ts';
import { reportError } from '../base/report-error.ts';
import { listLineages } from '../lineage/list.ts';
import type { CommandIo } from '../base/io.ts';

/** `certbot-ha deploy`: delivers these lineages, or all, as the deploy hook does. 0 when all are served. */
export async function runDeploy(io: CommandIo, wanted: readonly string[]): Promise<0 | 1> {
  const cluster = await loadCluster(io.env);
  const { configDir } = cluster.config.certificates;
  const all = await listLineages(configDir);
  const unknown = wanted.filter((name) => !all.includes(name));
  if (unknown.length > 0) {
    throw new CertbotHaError('usage', { code: 'no-such-lineage', names: unknown, configDir, known: all });
  }
  if (all.length === 0) {
    io.out(lineOf({ code: 'no-lineage', configDir }));
    return 0;
  }
  const signal = io.interruption();
  const state = openState(cluster.config, tellDamage(io.err));
  let exitCode: 0 | 1 = 0;
  for (const name of wanted.length > 0 ? wanted : all) {
    const directory = liveOf(configDir, name);
    const deployment = { cluster, state, directory, names: [], isIssued: false, io, signal };
    const ending = await deployLineage(deployment).catch((error: unknown) => {
      if (signal.aborted || !isOfOneLineage(error)) throw error;
      return reportError(error, io.err);
    });
    if (ending !== 0) exitCode = 1;
  }
  return exitCode;
}

/** What would be the same for the next lineage, and may be waited for minutes each time. */
const OF_ALL: ReadonlySet<string> = new Set([
  'lock-held',
  'lock-lost',
  'lock-wait-interrupted',
  'no-room',
  'stdout-not-written',
] satisfies readonly Finding['code'][]);

/** One lineage that is not sound keeps no other from its roll-out. */
function isOfOneLineage(error: unknown): boolean {
  if (!(error instanceof CertbotHaError) || error.kind !== 'failed') return false;
  return !error.findings.some(({ code }) => OF_ALL.has(code));
}
