import { CertbotHaError } from '../base/errors.ts';
import type { CommandIo } from '../base/io.ts';
import { print } from '../base/print.ts';
import { hooksLines } from '../adoption/show.ts';
import { backUp, refuseRunningCertbot, replaceConf } from '../adoption/replace-conf.ts';
import { reconfigureArgv } from '../adoption/reconfigure.ts';
import { standingOf, type Plan, type StandingOptions } from '../adoption/standing.ts';
import { adoptedConf } from '../certbot/adopted-conf.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { shellWord } from '../findings/area.ts';
import type { FindingCode } from '../findings/register.ts';
import { isOurs } from '../lineage/list.ts';
import { readLink } from '../system/read-file.ts';
import { readText } from '../system/read-text.ts';
import { certbotInForeground } from './certbot-in-foreground.ts';
import { runDrill } from './run-drill.ts';

export interface AdoptOneOptions extends StandingOptions {
  readonly cluster: Cluster;
  readonly io: CommandIo;
  readonly signal: AbortSignal;
  /** what ends a certbot besides the terminal */
  readonly ending: AbortSignal;
  /** every lineage that can be, and no other */
  readonly isAll: boolean;
  readonly isDryRun: boolean;
  readonly canReconfigure: boolean;
}

/** Such a lineage is nobody's mistake. */
const LEFT: ReadonlySet<string> = new Set([
  'adoption-by-dns',
  'adoption-of-wildcard',
] satisfies readonly FindingCode[]);
/** A dry run waits for the gate, and for the CA. */
const CA_MS = 600_000;

/**
 * Adopts a lineage, and tells what has become of it. Resolves to whether certbot-ha's hooks renew it, or would.
 * @throws {CertbotHaError} `failed` where it is renewed as before
 */
export async function adoptOne(lineage: string, options: AdoptOneOptions): Promise<boolean> {
  const { cluster, io, signal, isAll, isDryRun } = options;
  const standing = await standingOf(lineage, options);
  if (standing.is === 'adopted') {
    io.out(`${lineage}: certbot-ha's hooks renew it already`);
    return true;
  }
  if (standing.is === 'refused') {
    const isLeft = isAll && standing.findings.every(({ code }) => LEFT.has(code));
    for (const found of standing.findings) print(isLeft ? io.out : io.err, found);
    return isLeft;
  }
  const { plan } = standing;
  // Where it is a link, certbot would put a file in its place.
  const canReconfigure = options.canReconfigure && (await readLink(plan.file)) === null;
  for (const line of hooksLines(plan)) io.out(line);
  for (const { option, command } of plan.kept) print(io.err, { code: 'hook-kept', lineage, option, command });
  if (isDryRun) {
    tellDifference(plan, canReconfigure, io);
    return true;
  }
  await refuseRunningCertbot(cluster.config.certificates.configDir);
  const isPassed = (await runDrill({ ...io, interruption: () => signal }, plan.names)) === 0;
  if (!isPassed || signal.aborted) {
    print(io.err, { code: 'not-adopted', lineage });
    return false;
  }
  const backup = await change(plan, { ...options, canReconfigure });
  io.out(`${lineage}: adopted: certbot-ha's hooks renew it from now on`);
  io.out(`  as it was: ${backup}`);
  if (cluster.peers.length > 0 && cluster.config.certificates.mode === 'shared')
    io.out(`  next, to bring it to every node: certbot-ha deploy ${shellWord(lineage)}`);
  return true;
}

function tellDifference(
  { lineage, file, names, changed }: Plan,
  canReconfigure: boolean,
  io: CommandIo,
): void {
  io.out(`${file}${canReconfigure ? ', by certbot reconfigure' : ''}:`);
  for (const line of changed.difference) io.out(`  ${line}`);
  io.out(
    `${lineage}: nothing was changed; before a change comes a drill: certbot-ha drill ${names.map(shellWord).join(' ')}`,
  );
}

/** Resolves to where the configuration is as it was. */
async function change(plan: Plan, { cluster, io, ending, canReconfigure }: AdoptOneOptions): Promise<string> {
  const { lineage, file, before, hooks, without } = plan;
  const { config } = cluster;
  const { configDir } = config.certificates;
  const place = { file, configDir, stateDir: config.stateDir };
  const backup = await backUp(place, before, new Date());
  try {
    let now = before;
    if (canReconfigure) {
      const argv = reconfigureArgv(plan, configDir);
      const timeoutMs = config.gate.timeoutMs + CA_MS;
      const code = await certbotInForeground(argv, io, { ending, timeoutMs });
      if (code !== 0) throw failed(lineage, code === null ? 'ended by a signal' : `exit code ${code}`);
      now = await readText(file);
    }
    // certbot cannot take an installer or an empty hook away.
    await replaceConf(place, now, adoptedConf(now, { hooks, without }).text);
    if (!(await isOurs(configDir, lineage))) throw failed(lineage, 'it has changed nothing');
    return backup.file;
  } catch (error) {
    if ((await readText(file).catch(() => null)) === before) await backup.remove();
    throw error;
  }
}

function failed(lineage: string, end: string): CertbotHaError {
  return new CertbotHaError('failed', { code: 'reconfigure-failed', lineage, end });
}
