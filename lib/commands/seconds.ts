import { CertbotHaError } from '../base/errors.ts';
import { usageError } from './usage-error.ts';

/** The seconds that --wait names. @throws {CertbotHaError} `usage` for anything else */
export function secondsOf(text: string | undefined, hint?: string): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text.trim() !== '' && number >= 0 && number <= 3_600) return number;
  const problem = `--wait: expected a number of seconds, at most 3600, got "${text}"`;
  throw new CertbotHaError('usage', { code: 'usage', problem }, hint === undefined ? {} : { hint });
}

/** The seconds that --timeout of a command names. @throws {CertbotHaError} `usage` for anything but 1 to 600 */
export function timeoutOf(text: string | undefined, command: string): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (seconds >= 1 && seconds <= 600) return seconds;
  throw usageError(`--timeout: expected a number of seconds from 1 to 600, got "${text}"`, command);
}
