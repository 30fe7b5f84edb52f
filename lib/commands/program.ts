import createYargs, { type ArgumentsCamelCase, type Argv } from 'yargs';
import { VERSION } from '../base/version.ts';
import { accept } from './accept.ts';
import { adopt } from './adopt.ts';
import { agent } from './agent.ts';
import { certonly } from './certonly.ts';
import { detached } from './attached.ts';
import { check } from './check.ts';
import {
  lastOf,
  moduleOf,
  type Command,
  type CommandExit,
  type CommonOptions,
  type RunWork,
} from './command.ts';
import { completion } from './completion.ts';
import { deleteCommand } from './delete.ts';
import { deploy } from './deploy.ts';
import { doctor } from './doctor.ts';
import { drill } from './drill.ts';
import { events } from './events.ts';
import { keepHelpAWord } from './help-word.ts';
import { init } from './init.ts';
import { install } from './install.ts';
import { installLineage } from './install-lineage.ts';
import { isIssuer } from './is-issuer.ts';
import { notify } from './notify.ts';
import { processIo } from './process-io.ts';
import { refuseUnknown } from './refuse-unknown.ts';
import { snippet } from './snippet.ts';
import { status } from './status.ts';
import { sync } from './sync.ts';
import { uninstall } from './uninstall.ts';
import { inOurWords, usageError, WORDS } from './usage-error.ts';

const COMMANDS = [
  install,
  init,
  snippet,
  status,
  check,
  doctor,
  events,
  drill,
  certonly([]),
  adopt,
  deploy,
  accept,
  deleteCommand,
  sync,
  notify,
  isIssuer,
  installLineage,
  agent,
  uninstall,
  completion(() => undefined),
].map(({ command, form }: Pick<Command, 'command' | 'form'>) => {
  const [name = '', placeholder] = command.split(' ');
  return { name, placeholder, form };
});
const NAMES = COMMANDS.map(({ name }) => name);
/** What the script that `completion` prints asks for; yargs answers it and looks at nothing else. */
const ASK_FOR_COMPLETIONS = '--get-yargs-completions';
const MAX_WIDTH = 110;
const EXIT_CODES =
  'Exits with 0 when it is done or nothing is to do, 1 when it failed, 2 for a wrong command line or configuration.';

/**
 * Runs the command that these arguments name.
 * @throws {CertbotHaError} `usage` for arguments that name none, or that it does not take
 */
export async function runProgram(argv: readonly string[]): Promise<CommandExit> {
  let exitCode: CommandExit = 0;
  const run: RunWork = async ({ config, quiet, json }, work) => {
    exitCode = await work(processIo(config, { isQuiet: quiet === true || json === true }));
  };
  const [words, forCertbot] = splitAtCertonly(argv);
  const own = keepHelpAWord(detached(words));
  const parser = withCommands(common(own), forCertbot, run);
  if (own[0] !== ASK_FOR_COMPLETIONS) parser.middleware((values) => refuse(parser, own, values), true);
  try {
    await parser.parseAsync([...own]);
  } catch (error) {
    // A monitor takes 2 for critical, and reads stdout alone.
    if (argv[commandAt(argv)] !== 'check') throw error;
    const { tellUnknown } = await import('./tell-unknown.ts');
    return tellUnknown(error, processIo(undefined).out);
  }
  return exitCode;
}

function withCommands(
  parser: Argv<CommonOptions>,
  forCertbot: readonly string[],
  run: RunWork,
): Argv<CommonOptions> {
  const completing = completion(() => parser.showCompletionScript());
  return parser
    .command(moduleOf(install, run))
    .command(moduleOf(init, run))
    .command(moduleOf(snippet, run))
    .command(moduleOf(status, run))
    .command(moduleOf(check, run))
    .command(moduleOf(doctor, run))
    .command(moduleOf(events, run))
    .command(moduleOf(drill, run))
    .command(moduleOf(certonly(forCertbot), run))
    .command(moduleOf(adopt, run))
    .command(moduleOf(deploy, run))
    .command(moduleOf(accept, run))
    .command(moduleOf(deleteCommand, run))
    .command(moduleOf(sync, run))
    .command(moduleOf(notify, run))
    .command(moduleOf(isIssuer, run))
    .command(moduleOf(installLineage, run))
    .command(moduleOf(agent, run))
    .command(moduleOf(uninstall, run))
    .command(moduleOf(completing, run));
}

/** What holds for every command. */
function common(argv: readonly string[]): Argv<CommonOptions> {
  return createYargs()
    .scriptName('certbot-ha')
    .locale('en')
    .updateStrings(WORDS)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
    })
    .usage("$0 [--config FILE] COMMAND\n\nLet's Encrypt certificates by HTTP-01 on a keepalived cluster")
    .option('config', {
      describe: 'configuration file',
      defaultDescription: '/etc/certbot-ha/config.yaml',
      type: 'string',
      requiresArg: true,
      coerce: lastOf<string>,
    })
    .help('help', 'show this help')
    .alias('help', 'h')
    .version('version', 'show the version', VERSION)
    .group(['config', 'help', 'version'], 'Options of every command:')
    .example('$0 status', 'what runs, and what each node serves')
    .example('$0 status --help', 'what a command takes')
    .epilog(EXIT_CODES)
    .wrap(Math.min(MAX_WIDTH, process.stdout.columns ?? MAX_WIDTH))
    .strict()
    .exitProcess(false)
    .fail((problem, error) => {
      // Of its own errors yargs hands on the words, and of those in a command the error.
      if (error instanceof Error && error.name !== 'YError') throw error;
      throw usageError(inOurWords(problem), commandIn(argv));
    });
}

/** Called by yargs for the command line as a whole or for its command, before it looks at the values. */
function refuse(parser: Argv<CommonOptions>, argv: readonly string[], values: ArgumentsCamelCase): void {
  if (parser.parsed === false || values['help'] === true || values['version'] === true) return;
  const [command, ...words] = values._.map(String);
  const placeholder = placeholderOf(command);
  // yargs lets what stands behind `--` go by, as if nothing had been named.
  const { '--': behind = [] } = values as { readonly '--'?: readonly string[] };
  if (placeholder === null) words.push(...behind);
  else values[placeholder] = [...((values[placeholder] as readonly string[] | undefined) ?? []), ...behind];
  refuseUnknown({
    argv,
    command,
    words,
    commands: NAMES,
    options: Object.keys(parser.parsed.aliases).filter((name) => name !== placeholder),
    isFlag: (option) => typeof values[option] === 'boolean',
    form: COMMANDS.find(({ name }) => name === command)?.form,
  });
}

/** `drill [identifiers..]` has one; yargs would take it for an option as well. */
function placeholderOf(command: string | undefined): string | null {
  const found = COMMANDS.find(({ name }) => name === command);
  return found?.placeholder?.replaceAll(/\W/g, '') ?? null;
}

function commandIn(argv: readonly string[]): string | undefined {
  return argv.find((word) => NAMES.includes(word));
}

/** Where the command stands; -1: nowhere. */
function commandAt(argv: readonly string[]): number {
  return argv.findIndex((word, index) => !word.startsWith('-') && argv[index - 1] !== '--config');
}

/** What follows certonly is certbot's, `--help all` and `--` too; only `--help` alone is a question for us. */
function splitAtCertonly(argv: readonly string[]): readonly [readonly string[], readonly string[]] {
  const at = commandAt(argv);
  const rest = argv.slice(at + 1);
  const isForUs = argv[at] !== 'certonly' || (rest.length === 1 && /^(?:--help|-h)$/.test(rest[0] ?? ''));
  return isForUs ? [argv, []] : [argv.slice(0, at + 1), rest];
}
