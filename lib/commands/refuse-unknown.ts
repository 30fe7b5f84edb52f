import { suggestion, usageError } from './usage-error.ts';

export interface CommandLine {
  /** as it was typed, but for what goes to certbot */
  readonly argv: readonly string[];
  /** the words in it that belong to nothing else */
  readonly words: readonly string[];
  readonly command: string | undefined;
  readonly commands: readonly string[];
  /** the names of the options that the command takes */
  readonly options: readonly string[];
  readonly isFlag: (option: string) => boolean;
  /** what the command takes instead of words too many */
  readonly form: string | undefined;
}

/**
 * Refuses what the command line does not know. yargs in strict mode does that too, but it does not
 * say whether it was an option, and takes the word behind an unknown option for its value.
 * @throws {CertbotHaError} `usage`
 */
export function refuseUnknown(line: CommandLine): void {
  const { argv, command, words, commands, options, isFlag, form } = line;
  const known = command !== undefined && commands.includes(command) ? command : undefined;
  const end = argv.indexOf('--');
  for (const word of end === -1 ? argv : argv.slice(0, end)) {
    const [, dashes = '', name = '', value] = /^(--?)([^-=][^=]*)(=.*)?$/.exec(word) ?? [];
    if (name === '') continue;
    if (!options.includes(name) || (dashes === '--') === (name.length === 1)) {
      const near = suggestion(
        `--${name}`,
        options.filter((option) => option.length > 1).map((option) => `--${option}`),
      );
      throw usageError(`unknown option ${dashes}${name}${near}`, known);
    }
    if (value !== undefined && isFlag(name)) throw usageError(`option --${name} takes no value`, known);
  }
  if (command === undefined) throw usageError('a command is missing');
  if (known === undefined) {
    throw usageError(`unknown command ${shown(command)}${suggestion(command, commands)}`);
  }
  if (words.length > 0) {
    const tooMany = `${command}: too many arguments: ${words.map(shown).join(' ')}`;
    throw usageError(form === undefined ? tooMany : `${tooMany}; expected ${form}`, known);
  }
}

function shown(word: string): string {
  return /^[!-~]+$/.test(word) ? word : JSON.stringify(word);
}
