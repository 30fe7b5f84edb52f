import { VERSION } from '../base/version.ts';
import type { Complaint } from '../doctor/check.ts';
import type { Report } from '../doctor/examine.ts';
import { printable } from '../findings/area.ts';
import type { Step } from '../findings/step.ts';
import { linesOf as linesOfFinding, withMessage } from '../findings/words.ts';

/** What the checks have found, for people: a line a check, or one for each thing that it has found, with what to type below it. */
export function linesOf(reports: readonly Report[]): readonly string[] {
  return reports.flatMap(({ name, result, detail, complaints }) =>
    complaints.length === 0
      ? [`${result.toUpperCase()}  ${name}: ${detail}`]
      : complaints.flatMap((one) => complaintLines(name, one)),
  );
}

const BELOW = ' '.repeat('FAIL  '.length);

function complaintLines(name: string, { level, who, found, next }: Complaint): readonly string[] {
  const [first, ...more] = linesOfFinding(found);
  return [
    `${level.toUpperCase()}  ${name}: ${who === null ? '' : `${who}: `}${first}`,
    ...more.map((line) => `${BELOW}${line}`),
    ...(next.length === 0 ? [`${BELOW}see: docs/troubleshooting.md#${found.code}`] : next.flatMap(stepLines)),
  ];
}

/** What is typed has a line of its own, so that it can be pasted. */
function stepLines({ on, note, command }: Step): readonly string[] {
  const where = on === null ? '' : `on ${on}: `;
  const said = note === null ? [] : [`${BELOW}${command === null ? `to do: ${where}${note}` : `${note}:`}`];
  return [...said, ...(command === null ? [] : [`${BELOW}next: ${where}${command}`])].map(printable);
}

/** The same for programs. */
export function documentOf(reports: readonly Report[]) {
  return {
    version: VERSION,
    checks: reports.map(({ complaints, ...report }) => ({
      ...report,
      findings: complaints.map((one) => ({ ...one, found: withMessage(one.found) })),
    })),
  };
}
