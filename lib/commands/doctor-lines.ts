import { VERSION } from '../base/version.ts';
import type { Complaint } from '../doctor/check.ts';
import type { Report } from '../doctor/examine.ts';
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
    `${BELOW}next: ${next ?? `docs/troubleshooting.md#${found.code}`}`,
  ];
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
