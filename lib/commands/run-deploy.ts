import type { Finding } from '../findings/register.ts';
import { lineOf } from '../findings/words.ts';
import { liveOf } from '../certbot/config-dir.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { loadCluster } from '../cluster/load.ts';
import { deploy as deployLineage } from '../rollout/deploy.ts';
import { tellDamage } from '../state/damage.ts';
import { openState } from '../state/state.ts';
import { CertbotHaError, isUnreadable } from '../base/errors.ts';
import { reportError } from '../base/report-error.ts';
import { isOurs, listLineages, listOurs } from '../lineage/list.ts';
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
  const chosen = wanted.length > 0 ? wanted : await listOurs(configDir);
  if (chosen.length === 0) {
    io.out(lineOf({ code: 'no-lineage', configDir }));
    return 0;
  }
  const signal = io.interruption();
  const state = openState(cluster.config, tellDamage(io.err));
  let exitCode: 0 | 1 = 0;
  for (const name of chosen) {
    const directory = liveOf(configDir, name);
    if (wanted.length > 0 && !(await mayLeave(cluster, name))) {
      io.err(lineOf({ code: 'conf-not-ours', lineage: name }));
      exitCode = 1;
      continue;
    }
    const deployment = { cluster, state, directory, names: [], isIssued: false, io, signal };
    const ending = await deployLineage(deployment).catch((error: unknown) => {
      if (signal.aborted || !isOfOneLineage(error)) throw error;
      return reportError(error, io.err);
    });
    if (ending !== 0) exitCode = 1;
  }
  return exitCode;
}

/** Whoever names somebody else's lineage hears that it stays here; what cannot be told is told of by its delivery. */
async function mayLeave({ config, peers }: Cluster, lineage: string): Promise<boolean> {
  const { mode, configDir } = config.certificates;
  if (mode === 'per-node' || peers.length === 0) return true;
  return await isOurs(configDir, lineage).catch(() => true);
}

/** What would be the same for the next lineage, and may be waited for minutes each time. */
const OF_ALL: ReadonlySet<string> = new Set([
  'lock-held',
  'lock-lost',
  'no-lock',
  'lock-wait-interrupted',
  'no-room',
  'stdout-not-written',
] satisfies readonly Finding['code'][]);

/** One lineage that is not sound keeps no other from its roll-out. */
function isOfOneLineage(error: unknown): boolean {
  if (isUnreadable(error)) return true;
  if (!(error instanceof CertbotHaError) || error.kind !== 'failed') return false;
  return !error.findings.some(({ code }) => OF_ALL.has(code));
}
