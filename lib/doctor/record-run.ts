import type { Cluster } from '../cluster/cluster.ts';
import { withMessage } from '../findings/words.ts';
import { writeDoctorRun, type DoctorRun } from '../state/doctor-run.ts';
import { eventsFor } from '../state/events-for.ts';
import { makeStateDir } from '../state/state-dir.ts';
import type { Report } from './examine.ts';

/** However much is wrong: those that fail come first. */
const MAX_COMPLAINTS = 200;
const MAX_CHARS = 4_000;

/**
 * Keeps how a run has ended, for those who do not run it: `stateDir/doctor.json`, and an event.
 * @param ms how long it took
 */
export async function recordRun(
  cluster: Pick<Cluster, 'config' | 'self'>,
  reports: readonly Report[],
  ms: number,
): Promise<void> {
  const { config, self } = cluster;
  const run = runOf(reports, { node: self.name, at: new Date().toISOString() });
  const outcome = run.result === 'fail' ? 'doctor-failed' : 'ok';
  await makeStateDir(config.stateDir);
  await eventsFor(cluster, 'doctor').write({ event: 'doctor', tokens: run.complaints.length, ms, outcome });
  await writeDoctorRun(config.stateDir, run);
}

function runOf(reports: readonly Report[], who: Pick<DoctorRun, 'node' | 'at'>): DoctorRun {
  const count = (result: Report['result']) => reports.filter((report) => report.result === result).length;
  const checks = { pass: count('pass'), warn: count('warn'), fail: count('fail') };
  const complaints = reports.flatMap(({ name, complaints: found }) =>
    found.map((one) => ({
      check: name,
      result: one.level,
      code: one.found.code,
      message: `${one.who === null ? '' : `${one.who}: `}${withMessage(one.found).message}`.slice(
        0,
        MAX_CHARS,
      ),
    })),
  );
  const result = checks.fail > 0 ? 'fail' : checks.warn > 0 ? 'warn' : 'pass';
  return { ...who, result, checks, complaints: complaints.slice(0, MAX_COMPLAINTS) };
}
