import type { DoctorSeen } from '../../state/doctor-run.ts';
import type { MetricRegistry } from './registry.ts';

const RESULTS = ['pass', 'warn', 'fail'] as const;

/** How `certbot-ha doctor` has ended when its timer has last run it. @returns what writes that down */
export function addDoctorMetrics(registry: MetricRegistry): (seen: DoctorSeen) => void {
  const at = registry.gauge(
    'certbot_ha_doctor_last_run_timestamp_seconds',
    'When certbot-ha doctor was last run by its timer on this node; absent where it never was.',
  );
  const checks = registry.gauge(
    'certbot_ha_doctor_checks',
    'How many of its checks have passed, warned or failed then.',
    ['result'],
  );
  const readable = registry.gauge(
    'certbot_ha_doctor_readable',
    'Whether the record of that run, if there is one, can be read (1), or is damaged or out of reach (0).',
  );
  return (seen) => {
    at.reset();
    checks.reset();
    readable.set({}, seen.state === 'unreadable' ? 0 : 1);
    if (seen.state !== 'run') return;
    const { run } = seen;
    at.set({}, Date.parse(run.at) / 1000);
    for (const result of RESULTS) checks.set({ result }, run.checks[result]);
  };
}
