import { CertbotHaError } from '../base/errors.ts';

/** The seconds that --wait names. @throws {CertbotHaError} `usage` for anything else */
export function secondsOf(text: string | undefined, hint?: string): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text.trim() !== '' && number >= 0 && number <= 3_600) return number;
  const problem = `--wait: expected a number of seconds, at most 3600, got "${text}"`;
  throw new CertbotHaError('usage', { code: 'usage', problem }, hint === undefined ? {} : { hint });
}
