import { nameBesideAddress } from '../cluster/target.ts';
import { seconds, STATE_WORDS, type TargetReport } from '../gate/verdict.ts';
import { tableLines } from '../base/table.ts';

/** A row a target: state, attempts, time, reason. */
export function verdictTable(reports: readonly TargetReport[]): readonly string[] {
  return tableLines(
    ['TARGET', 'ADDRESS', 'STATE', 'ATTEMPTS', 'TIME', 'REASON'],
    reports.map(({ target, state, attempts, elapsedMs, reason }) => [
      nameBesideAddress(target),
      target.address,
      STATE_WORDS[state],
      String(attempts),
      seconds(elapsedMs),
      state === 'served' ? '' : (reason ?? ''),
    ]),
  );
}
