import { printExpected } from '../base/report-error.ts';
import { CertbotHaError } from '../base/errors.ts';
import type { CommandIo } from '../base/io.ts';
import { print } from '../base/print.ts';
import { waitingFor } from '../base/waiting.ts';
import { standingsLines } from '../adoption/show.ts';
import { preHooksThatStop } from '../adoption/pre-hooks.ts';
import { hasReconfigure } from '../adoption/reconfigure.ts';
import { standingOf } from '../adoption/standing.ts';
import { cliIniFiles, contradictionsIn, readCliIni } from '../certbot/cli-ini.ts';
import { loadCluster } from '../cluster/load.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { lineOf } from '../findings/words.ts';
import { askForIssuership } from '../issuer/issuer.ts';
import { listLineages } from '../lineage/list.ts';
import { adoptOne, type AdoptOneOptions } from './adopt-one.ts';
import { ownHooks } from './own-hooks.ts';
import { usageError } from './usage-error.ts';

export interface RunAdoptOptions {
  readonly isAll: boolean;
  readonly isDryRun: boolean;
  /** though another node is the issuer */
  readonly isHere: boolean;
  /** none of the lineage's own hooks stays */
  readonly isDropping: boolean;
  /** without `certbot reconfigure` */
  readonly isEdited: boolean;
}

/** `certbot-ha adopt`: 0 when all of these lineages are renewed by certbot-ha's hooks. Without a name it shows what there is. */
export async function runAdopt(
  io: CommandIo,
  wanted: readonly string[],
  options: RunAdoptOptions,
): Promise<0 | 1> {
  if (options.isAll && wanted.length > 0)
    throw usageError(`adopt: --all, and ${wanted.join(' ')} besides`, 'adopt');
  const cluster = await loadCluster(io.env);
  const { configDir } = cluster.config.certificates;
  const known = await listLineages(configDir);
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new CertbotHaError('usage', { code: 'no-such-lineage', names: unknown, configDir, known });
  if (known.length === 0) {
    io.out(lineOf({ code: 'no-lineage', configDir }));
    return 0;
  }
  const looking = { cluster, hooks: ownHooks(cluster.config.file, io.env), isDropping: options.isDropping };
  if (!options.isAll && wanted.length === 0) {
    const standings = await Promise.all(
      known.map(async (lineage) => ({ lineage, standing: await standingOf(lineage, looking) })),
    );
    for (const line of standingsLines(standings)) io.out(line);
    return 0;
  }
  await refuseOverridden(configDir, io);
  if (!options.isDryRun && !options.isHere) await refuseUnlessIssuer(cluster, io);
  const canReconfigure = options.isEdited ? false : await hasReconfigure(io.env);
  if (canReconfigure === null) throw new CertbotHaError('failed', { code: 'certbot-not-installed' });
  const { isAll, isDryRun } = options;
  const adopting = { ...looking, io, isAll, isDryRun, canReconfigure };
  return await each(wanted.length > 0 ? [...new Set(wanted)] : known, adopting);
}

type Adopting = Omit<AdoptOneOptions, 'signal' | 'ending'>;

/** One after the other: what keeps one of them as it is, keeps no other. */
async function each(lineages: readonly string[], adopting: Adopting): Promise<0 | 1> {
  const { io, cluster } = adopting;
  const signal = io.interruption();
  // Asked for once, however many lineages there are.
  const ending = io.interruption(['SIGTERM', 'SIGHUP']);
  let exitCode: 0 | 1 = 0;
  for (const [index, lineage] of lineages.entries()) {
    if (signal.aborted) {
      io.err(lineOf({ code: 'adoption-interrupted', lineages: lineages.slice(index) }));
      return 1;
    }
    try {
      if (!(await adoptOne(lineage, { ...adopting, signal, ending }))) exitCode = 1;
    } catch (error) {
      printExpected(error, io.err, '');
      exitCode = 1;
    }
  }
  const files = await preHooksThatStop(cluster.config.certificates.configDir);
  if (files.length > 0) print(io.err, { code: 'pre-hooks-stop', files });
  return exitCode;
}

/** @throws {CertbotHaError} `failed` where a line of cli.ini would win over what is to be changed */
async function refuseOverridden(configDir: string, io: CommandIo): Promise<void> {
  const overrides = contradictionsIn(await readCliIni(cliIniFiles(configDir, io.env)), []);
  if (overrides.length > 0) throw new CertbotHaError('failed', overrides);
}

async function refuseUnlessIssuer(cluster: Cluster, io: CommandIo): Promise<void> {
  const asking = async () => await askForIssuership(cluster);
  const issuership = await waitingFor('the other nodes: who renews', io, asking);
  if (issuership.isIssuer) return;
  const hint = 'run it on the node that renews; or here anyway: certbot-ha adopt --here …';
  throw new CertbotHaError('failed', issuership.reason, { hint });
}
