import { wordsOf } from '../findings/words.ts';
import type { CommandResult } from './run-command.ts';

/** As many of a program's own lines as tell. */
const MAX_LINES = 20;

/** A command, how it ended, and its own last lines, for a finding. */
export function endOf(argv: readonly string[], { code, trouble, stdout, stderr }: CommandResult) {
  const said = [stderr, stdout]
    .flatMap((text) => text.split('\n'))
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  const end = trouble ? wordsOf(trouble) : `exit ${code}`;
  return { command: argv.join(' '), end, said: said.slice(-MAX_LINES) };
}
