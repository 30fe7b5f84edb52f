import { parseArgs, type ParseArgsConfig } from 'node:util';
import { CertbotHaError } from '../base/errors.ts';

interface Program<O> {
  readonly name: string;
  /** its options as they are typed, without the name */
  readonly usage: string;
  readonly options: O;
}

/**
 * The options of a program that has no other arguments and must not wait for a parser to load.
 * @throws {CertbotHaError} `usage`, with the program's usage as hint
 */
export function readArguments<O extends NonNullable<ParseArgsConfig['options']>>(
  { name, usage, options }: Program<O>,
  argv: readonly string[],
) {
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // What follows is advice of Node.js for programs that take more than options.
    const words = error.message.split(/(?<=')\. |\.?\n/)[0] ?? error.message;
    const problem = `${name}: ${words.charAt(0).toLowerCase()}${words.slice(1)}`;
    const hint = `usage: ${name} ${usage}`;
    throw new CertbotHaError('usage', { code: 'usage', problem }, { cause: error, hint });
  }
}
