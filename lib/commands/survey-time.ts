import type { SurveyOptions } from '../status/in-turn.ts';
import type { ClusterStatus } from '../status/nodes.ts';
import { within } from '../system/deadline.ts';
import { orTooSlow } from '../system/too-slow.ts';

/** Of all the time, what is kept for what is left to do when the survey has had its own, on a host that has much to do as well. */
const REPORT_SHARE = 0.1;
const REPORT_MS = { least: 500, most: 2_000 };
/** Of all the time, what a node gets for its answer to each of two questions. */
const ASK_SHARE = 0.3;
const MAX_ASK_MS = 6_000;

/** The time of a command that surveys the cluster. */
export interface SurveyTime {
  /** what the survey has of it */
  readonly forSurvey: Required<Pick<SurveyOptions, 'signal' | 'askMs'>>;
  /** Whether the survey had too little, or a node less than usually for an answer that did not come. */
  isCutOff(seen: Pick<ClusterStatus, 'nodes'>): boolean;
  /** Does all of it, or says that it was too much. @throws {CertbotHaError} `failed` with `check-too-slow` */
  orTooSlow<T>(command: string, work: () => Promise<T>): Promise<T>;
}

export interface SurveyTimeOptions {
  readonly seconds: number;
  /** the seconds that the command has by default: with less of them, a node that does not answer may only be slow */
  readonly usually: number;
  /** ends both, the survey and what is left to do after it; default: nothing does */
  readonly interruption?: AbortSignal;
}

/** Begins now. */
export function surveyTime({
  seconds,
  usually,
  interruption = new AbortController().signal,
}: SurveyTimeOptions): SurveyTime {
  const over = within(interruption, seconds * 1000);
  const reportMs = Math.min(REPORT_MS.most, Math.max(REPORT_MS.least, seconds * 1000 * REPORT_SHARE));
  const signal = within(interruption, seconds * 1000 - reportMs);
  return {
    forSurvey: { signal, askMs: askMsOf(seconds) },
    isCutOff: ({ nodes }) =>
      signal.aborted ||
      (askMsOf(seconds) < askMsOf(usually) &&
        nodes.some(({ reason, isDrained }) => !isDrained && reason?.code === 'agent-silent')),
    orTooSlow: async (command, work) => await orTooSlow(over, { command, seconds }, work),
  };
}

function askMsOf(seconds: number): number {
  return Math.min(MAX_ASK_MS, seconds * 1000 * ASK_SHARE);
}
