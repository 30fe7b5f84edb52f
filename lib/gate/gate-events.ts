import { plainNameOf } from '../cluster/target.ts';
import type { FindingCode } from '../findings/register.ts';
import type { NewEvent } from '../state/event.ts';
import { isLeftOut, isSettled, type TargetReport, type Verdict } from './verdict.ts';

/** What a gate has seen, an event for each target that it has looked at. */
export function gateEvents(
  event: 'challenge-gate' | 'certificate-gate',
  { targets }: Pick<Verdict, 'targets'>,
  of: Pick<NewEvent, 'identifier' | 'lineage' | 'tokens' | 'challenge'>,
): readonly NewEvent[] {
  return targets
    .filter((report) => !isLeftOut(report))
    .map((report) => ({
      event,
      ...of,
      target: plainNameOf(report.target),
      ms: report.elapsedMs,
      outcome: outcomeOf(report),
    }));
}

function outcomeOf(report: TargetReport): 'ok' | FindingCode {
  return isSettled(report) ? 'ok' : (report.reason ?? report.unsent ?? { code: 'no-time-left' }).code;
}
