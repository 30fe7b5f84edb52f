import type { FindingCode } from '../findings/register.ts';
import { isLeftOut, isSettled, type Require, type TargetReport } from './verdict.ts';

/**
 * How long a target that is not required is waited for anyway, so that a policy that can do
 * without it does not leave it out for being some milliseconds late.
 */
export const GRACE_MS = 3_000;
/** The same for one that was silent a moment ago: time for a push and a look at what is there again. */
const SHORT_GRACE_MS = 400;

/** Where a connection has been refused, a host is there. Of one that is not looked at, its first push may be at work there. */
function graceOf({
  target,
  state,
  reason,
  unsent,
}: Pick<TargetReport, 'target' | 'state' | 'reason' | 'unsent'>): number {
  const isRefused = [reason, unsent].some((found) => found?.code === 'connection-refused');
  const isAtWork = target.unprobed !== undefined && state === 'waiting';
  return target.silentAtMs !== undefined && !isRefused && !isAtWork ? SHORT_GRACE_MS : GRACE_MS;
}

/** Whether the gate may open: `met`, or `waiting` for what is still missing. */
export type Decision = 'met' | 'waiting';

/**
 * The policy of `gate.require`:
 * - `all`: every target
 * - `available`: every VIP, self, and every node that answers at all
 * - `vip`: every VIP, and self
 *
 * Of name servers, and for each zone one of them at least:
 * - `all`: every address of each
 * - `available`: every address that answers at all
 * - `vip`: every address that answers for the zone, as the CA's resolver passes over all others
 *
 * Drained targets never count; targets that are not in use there, or not looked at, never hold anything up.
 */
export function decide(reports: readonly TargetReport[], require: Require, elapsedMs: number): Decision {
  if (lacksZone(reports)) return 'waiting';
  const open = reports.filter((report) => !isSettled(report));
  if (open.length === 0) return 'met';
  if (open.some((report) => isRequired(report, require, elapsedMs))) return 'waiting';
  return open.every((report) => elapsedMs >= graceOf(report)) ? 'met' : 'waiting';
}

/** Whether there is a zone of which no server has been seen to serve what it has to. */
export function lacksZone(reports: readonly TargetReport[]): boolean {
  return lackingZones(reports).size > 0;
}

/** Those that have kept the gate shut: what is required, and the silent servers of a zone that none has served. */
export function blocking(reports: readonly TargetReport[], require: Require): readonly TargetReport[] {
  const lacking = lackingZones(reports);
  return reports.filter(
    (report) =>
      report.state !== 'served' &&
      !isLeftOut(report) &&
      (isRequired(report, require) || report.target.zones?.some((zone) => lacking.has(zone)) === true),
  );
}

function lackingZones(reports: readonly TargetReport[]): ReadonlySet<string> {
  const zones = new Set(reports.flatMap(({ target }) => target.zones ?? []));
  for (const { target, state } of reports)
    if (state === 'served') for (const zone of target.zones ?? []) zones.delete(zone);
  return zones;
}

/** What makes a resolver turn to another server of the zone. */
const PASSED_OVER: ReadonlySet<FindingCode> = new Set([
  'name-server-refuses',
  'name-server-fails',
  'name-server-lame',
  'name-server-unclear',
  'name-server-tcp-fails',
]);

/** Whether a target that has not been seen to serve keeps the gate shut. */
export function isRequired(report: TargetReport, require: Require, elapsedMs = Infinity): boolean {
  const { target, reason } = report;
  if (target.kind === 'vip' || target.isSelf) return true;
  switch (require) {
    case 'all':
      return true;
    case 'available':
      return answers(report, elapsedMs);
    case 'vip':
      return (
        target.kind === 'name-server' &&
        answers(report, elapsedMs) &&
        (reason === null || !PASSED_OVER.has(reason.code))
      );
  }
}

/**
 * A first look that has lasted longer than the grace without a connection has been answered by nobody. One at a name server comes
 * to its own end, and then says why.
 */
function answers(report: TargetReport, elapsedMs: number): boolean {
  const { target, state, hasContact = false } = report;
  if (state !== 'waiting') return state !== 'silent';
  return target.kind === 'name-server' || hasContact || elapsedMs < graceOf(report);
}
