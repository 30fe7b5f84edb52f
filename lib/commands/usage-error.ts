import { CertbotHaError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { quoted } from '../findings/area.ts';

/** What yargs says, in our words; each text is a whole message, since yargs hands on nothing else. */
export const WORDS: Readonly<Record<string, string>> = {
  'Positionals:': 'Arguments:',
  'Not enough arguments following: %s': 'option --%s: a value is missing',
  'Arguments %s and %s are mutually exclusive': 'options --%s and --%s exclude each other',
};

/** What yargs puts together by itself, where our words for its parts are not enough. */
export function inOurWords(problem: string): string {
  const [, option, other] = /^Implications failed:\s+(\S+) -> (\S+)/.exec(problem) ?? [];
  if (option !== undefined && other !== undefined) return `option --${option} needs --${other}`;
  return problem.replace(/^option --(\w): /, 'option -$1: ');
}

/** An error in the command line. @param command whose help the hint names */
export function usageError(problem: string, command?: string): CertbotHaError {
  const hint =
    command === undefined
      ? 'certbot-ha --help lists the commands'
      : `certbot-ha ${command} --help shows what it takes`;
  return new CertbotHaError('usage', { code: 'usage', problem }, { hint });
}

/** ` (did you mean status?)`, or nothing where no word is near. */
export function suggestion(typed: string, words: readonly string[]): string {
  const meant = nearest(typed, words);
  return meant === null ? '' : ` (did you mean ${meant}?)`;
}

/** What was typed in place of what is expected: `"ngnix"`, or `nothing`. */
export function shownTyped(typed: string | undefined): string {
  return typed === undefined || typed === '' ? 'nothing' : quoted(typed);
}
