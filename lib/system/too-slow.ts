import { CertbotHaError } from '../base/errors.ts';
import { isTimeOver } from './deadline.ts';
import { unlessHung } from './hung.ts';

/** Of whom the time is, and how much it is. */
export interface TimeOf {
  /** without `certbot-ha` */
  readonly command: string;
  readonly seconds: number;
}

/** Does the work, whatever file systems do. @param over aborts when the time is over @throws {CertbotHaError} `failed` with `check-too-slow` */
export async function orTooSlow<T>(
  over: AbortSignal,
  { command, seconds }: TimeOf,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await unlessHung('', over, work);
  } catch (error) {
    if (!isTimeOver(over)) throw error;
    throw new CertbotHaError('failed', { code: 'check-too-slow', check: `certbot-ha ${command}`, seconds });
  }
}
