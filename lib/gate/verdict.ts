import { whoOf, type Target } from '../cluster/target.ts';
import type { Finding } from '../findings/register.ts';
import { lineOf as lineOfFinding, wordsOf } from '../findings/words.ts';

/**
 * What is known of a target:
 * - `waiting`: not looked at yet
 * - `served`: everything asked for has been seen there
 * - `failing`: it answers, but not with what is asked for
 * - `stale`: it serves another certificate of this name
 * - `silent`: nothing answers there
 * - `unused`: it serves nothing for these names yet, and nobody expects it to
 * - `unprobed`: it has what it needs, and is not looked at on purpose
 * - `drained`: left out on purpose
 */
export type TargetState =
  'waiting' | 'served' | 'failing' | 'stale' | 'silent' | 'unused' | 'unprobed' | 'drained';

export interface TargetReport {
  readonly target: Target;
  readonly state: TargetState;
  /** rounds of probes */
  readonly attempts: number;
  /** from the gate's start until it served, or until the last look */
  readonly elapsedMs: number;
  /** what has not been seen yet: identifiers or names */
  readonly missing: readonly string[];
  /** what the last look saw in its place; null when there was none, or nothing is missing */
  readonly reason: Finding | null;
  /** it has accepted a connection, so that its first look is not one at nobody */
  readonly hasContact?: boolean;
  /** why the last push failed, where that is not the same; null when it did not. One that serves has it from elsewhere then */
  readonly unsent: Finding | null;
}

export type Require = 'all' | 'available' | 'vip';

/** What the gate saw. */
export interface Verdict {
  readonly isMet: boolean;
  readonly elapsedMs: number;
  readonly targets: readonly TargetReport[];
  /** somebody has ended it before its time */
  readonly isInterrupted?: true;
}

/** The words of a state, for people. */
export const STATE_WORDS: Readonly<Record<TargetState, string>> = {
  waiting: 'waiting',
  served: 'served',
  failing: 'not served',
  stale: 'not served',
  silent: 'no answer',
  unused: 'not in use there',
  unprobed: 'not probed',
  drained: 'drained, left out',
};

/** Whether nothing is left to wait for: it serves, or nobody expects it to. */
export function isSettled({ state }: Pick<TargetReport, 'state'>): boolean {
  return state === 'served' || state === 'unused' || isLeftOut({ state });
}

/** What was seen of those that had come to an end when a gate was ended: the others had not had their time. */
export function settledOf({ targets }: Verdict): Pick<Verdict, 'targets'> {
  return { targets: targets.filter(isSettled) };
}

/** Whether nothing is known of why it does not serve, such as where the gate was cut off before its first answer. */
export function isUntold(report: TargetReport): boolean {
  return !isSettled(report) && (report.reason === null || report.reason.code === 'no-time-left');
}

/** Whether nobody looks at it. */
export function isLeftOut({ state }: Pick<TargetReport, 'state'>): boolean {
  return state === 'unprobed' || state === 'drained';
}

/** `web2 192.168.69.12: 404 from nginx: …`, with how often and how long it was tried. */
export function lineOf(report: TargetReport): string {
  return `${whoOf(report.target)}: ${detailOf(report)}`;
}

/** A report's line without whom it is about. */
export function detailOf(report: TargetReport): string {
  const { state, attempts, elapsedMs, missing, reason } = report;
  if (state === 'unprobed' && reason !== null) return lineOfFinding(reason);
  if (state === 'drained') return lineOfFinding({ code: 'drained' });
  const effort = `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'} in ${seconds(elapsedMs)}`;
  if (state === 'served') {
    const unsent =
      report.unsent === null ? '' : `, but could not be sent there: ${lineOfFinding(report.unsent)}`;
    return `${STATE_WORDS.served} (${effort})${unsent}`;
  }
  const what = missing.length > 1 ? `${missing[0]} and ${missing.length - 1} more` : missing[0];
  return whyOf(report, ` (${[what, effort].filter(Boolean).join(', ')})`);
}

/** Why a target does not serve: that it could not be sent there, and what is seen there. @param remark for before the code */
export function whyOf({ state, reason, unsent }: TargetReport, remark = ''): string {
  const seen =
    reason === null ? `${STATE_WORDS[state]}${remark}` : `${wordsOf(reason)}${remark} [${reason.code}]`;
  return unsent === null ? seen : `${lineOfFinding(unsent)}; seen there: ${seen}`;
}

/** How long a gate that was not met has waited, in seconds: its whole time, unless it has ended before. */
export function waitedSeconds({ elapsedMs }: Pick<Verdict, 'elapsedMs'>, timeoutMs: number): number {
  return elapsedMs > timeoutMs - 500 ? timeoutMs / 1000 : Math.ceil(elapsedMs / 100) / 10;
}

/** `0.42 s`, `59.6 s` */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`;
}
