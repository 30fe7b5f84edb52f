import { nameBesideAddress } from '../cluster/target.ts';
import { isSettled, seconds, STATE_WORDS, whyOf, type TargetReport } from '../gate/verdict.ts';
import { tableLines } from '../base/table.ts';

/** A row a target: state, attempts, time, reason. */
export function verdictTable(reports: readonly TargetReport[]): readonly string[] {
  return tableLines(
    ['TARGET', 'ADDRESS', 'STATE', 'ATTEMPTS', 'TIME', 'REASON'],
    reports.map((report) => {
      const { target, state, attempts, elapsedMs } = report;
      return [
        nameBesideAddress(target),
        target.address,
        STATE_WORDS[state],
        String(attempts),
        seconds(elapsedMs),
        state === 'waiting' || (isSettled(report) && state !== 'unused' && state !== 'unprobed')
          ? ''
          : whyOf(report),
      ];
    }),
  );
}
