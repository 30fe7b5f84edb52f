import { CertbotHaError } from '../base/errors.ts';
import type { SurveyOptions } from '../status/lineages.ts';
import { isTimeOver, within } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';

/** For what is left to do when the survey has had its time. */
const REPORT_MS = 500;
/** Of all the time, what a node gets for its answer to each of two questions. */
const ASK_SHARE = 0.3;
const MAX_ASK_MS = 6_000;

/** The time of a command that surveys the cluster. */
export interface SurveyTime {
  /** what the survey has of it */
  readonly forSurvey: Required<Pick<SurveyOptions, 'signal' | 'askMs'>>;
  /** Whether the survey had too little. */
  isCutOff(): boolean;
  /** Does all of it, or says that it was too much. @throws {CertbotHaError} `failed` with `check-too-slow` */
  orTooSlow<T>(command: string, work: () => Promise<T>): Promise<T>;
}

/** Begins now. @param interruption ends both, the survey and what is left to do after it */
export function surveyTime(seconds: number, interruption = new AbortController().signal): SurveyTime {
  const over = within(interruption, seconds * 1000);
  const signal = within(interruption, seconds * 1000 - REPORT_MS);
  return {
    forSurvey: { signal, askMs: Math.min(MAX_ASK_MS, seconds * 1000 * ASK_SHARE) },
    isCutOff: () => signal.aborted,
    async orTooSlow(command, work) {
      try {
        return await unlessHung('', over, work);
      } catch (error) {
        if (!isTimeOver(over)) throw error;
        throw new CertbotHaError('failed', {
          code: 'check-too-slow',
          check: `certbot-ha ${command}`,
          seconds,
        });
      }
    },
  };
}
