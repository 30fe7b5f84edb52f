import type { DoctorRun } from '../../state/doctor-run.ts';
import type { MetricRegistry } from './registry.ts';

const RESULTS = ['pass', 'warn', 'fail'] as const;

/** How `certbot-ha doctor` has ended when its timer has last run it. @returns what writes that down; null: it has not yet */
export function addDoctorMetrics(registry: MetricRegistry): (run: DoctorRun | null) => void {
  const at = registry.gauge(
    'certbot_ha_doctor_last_run_timestamp_seconds',
    'When certbot-ha doctor was last run by its timer on this node; absent where it never was.',
  );
  const checks = registry.gauge(
    'certbot_ha_doctor_checks',
    'How many of its checks have passed, warned or failed then.',
    ['result'],
  );
  return (run) => {
    at.reset();
    checks.reset();
    if (run === null) return;
    at.set({}, Date.parse(run.at) / 1000);
    for (const result of RESULTS) checks.set({ result }, run.checks[result]);
  };
}
