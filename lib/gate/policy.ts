import { isSettled, type Require, type TargetReport } from './verdict.ts';

/**
 * How long a target that is not required is waited for all the same, so that a policy that can do
 * without it does not leave it out for being some milliseconds late.
 */
export const GRACE_MS = 3_000;
/** The same for one that was silent a moment ago: time for one look. */
const SHORT_GRACE_MS = 1_500;

function graceOf({ target }: Pick<TargetReport, 'target'>): number {
  return target.wasSilent === true ? SHORT_GRACE_MS : GRACE_MS;
}

/** Whether the gate may open: `met`, or `waiting` for what is still missing. */
export type Decision = 'met' | 'waiting';

/**
 * The policy of `gate.require`:
 * - `all`: every target
 * - `available`: every VIP, self, and every node that answers at all
 * - `vip`: every VIP, and self
 *
 * Drained targets never count; targets that are not in use there, or not looked at, never hold anything up.
 */
export function decide(reports: readonly TargetReport[], require: Require, elapsedMs: number): Decision {
  const open = reports.filter((report) => !isSettled(report));
  if (open.length === 0) return 'met';
  if (open.some((report) => isRequired(report, require, elapsedMs))) return 'waiting';
  return open.every((report) => elapsedMs >= graceOf(report)) ? 'met' : 'waiting';
}

/** Whether a target that has not been seen to serve keeps the gate shut. */
export function isRequired(report: TargetReport, require: Require, elapsedMs = Infinity): boolean {
  const { target, state, hasContact = false } = report;
  if (target.kind === 'vip' || target.isSelf) return true;
  switch (require) {
    case 'all':
      return true;
    case 'available':
      // A first look that has lasted longer than the grace without a connection has been answered by nobody.
      return state !== 'silent' && (state !== 'waiting' || hasContact || elapsedMs < graceOf(report));
    case 'vip':
      return false;
  }
}
