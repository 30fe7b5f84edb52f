import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { CommandIo } from '../base/io.ts';
import { CertbotHaError, type ExitCode } from '../base/errors.ts';
import { interruption } from '../system/interruption.ts';
import { VERSION } from '../base/version.ts';

interface CommonOptions {
  readonly config?: string;
}

/**
 * The command line: which commands there are, what they take, and which module each one loads.
 * @returns runs the command that these arguments name
 * @throws {CertbotHaError} `usage` for arguments that name none, or that it does not take
 */
export function createProgram(err: (line: string) => void): (argv: readonly string[]) => Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = new Command('certbot-ha')
    .description("Let's Encrypt certificates by HTTP-01 on a keepalived cluster")
    .usage('COMMAND')
    .version(VERSION, '--version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .addOption(configOption());
  const add = (name: string, description: string) => program.command(name).description(description);
  const addWithConfig = (name: string, description: string) =>
    add(name, description).addOption(configOption());
  const ioOf = (options: CommonOptions): CommandIo =>
    commandIo(options.config ?? program.opts<CommonOptions>().config, err);

  addWithConfig('agent', 'run the agent in the foreground').action(async (options: CommonOptions) => {
    const { agent } = await import('./agent.ts');
    exitCode = await agent(ioOf(options));
  });

  addWithConfig('drill', 'rehearse the whole path with made-up tokens, without the CA')
    .argument('[identifiers...]', 'DNS names or IP addresses; default: the names of all lineages')
    .action(async (identifiers: readonly string[], options: CommonOptions) => {
      const { drill } = await import('./drill.ts');
      exitCode = await drill(ioOf(options), identifiers);
    });

  add('certonly', 'run certbot certonly with the hooks')
    .usage('-d NAME... [--here] [OPTIONS OF CERTBOT]')
    .argument('[arguments...]', 'for certbot, all of them but --here: on a node that is not the issuer')
    .addHelpText('after', '\nOptions of certbot-ha, such as --config, go before certonly.')
    // Only alone is it a question for us; `certonly --help all` asks certbot.
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (given: readonly string[], options: CommonOptions, command: Command) => {
      if (given.length === 1 && ['--help', '-h'].includes(given[0] ?? '')) return command.outputHelp();
      const { certonly } = await import('./certonly.ts');
      exitCode = await certonly(ioOf(options), given);
    });

  addWithConfig('status', 'show the nodes, who holds the VIP, the lineages everywhere, and what is owed')
    .option('--json', 'for programs')
    .addOption(new Option('--watch', 'again every 2 s until interrupted').conflicts('json'))
    .action(async (options: CommonOptions & { json?: boolean; watch?: boolean }) => {
      const { status } = await import('./status.ts');
      exitCode = await status(ioOf(options), options);
    });

  addWithConfig('deploy', 'bring lineages to every node again, as the deploy hook does')
    .argument('[lineages...]', 'names as certbot certificates shows them; default: all')
    .action(async (lineages: readonly string[], options: CommonOptions) => {
      const { deploy } = await import('./deploy.ts');
      exitCode = await deploy(ioOf(options), lineages);
    });

  addWithConfig('sync', 'push what peers lack, ask for what this node lacks').action(
    async (options: CommonOptions) => {
      const { sync } = await import('./sync.ts');
      exitCode = await sync(ioOf(options));
    },
  );

  addWithConfig('install-lineage', 'install the lineages that have arrived in the inbox')
    .option('--watch', 'stay, and install what comes')
    .addOption(
      new Option('--wait <seconds>', 'stay that long for what is staged and not activated yet')
        .conflicts('watch')
        .argParser(seconds),
    )
    .action(async (options: CommonOptions & { watch?: boolean; wait?: number }) => {
      const { installLineage } = await import('./install-lineage.ts');
      exitCode = await installLineage(ioOf(options), options);
    });

  addWithConfig('is-issuer', 'exit 0 if this node should renew now, 1 if not').action(
    async (options: CommonOptions) => {
      const { isIssuer } = await import('./is-issuer.ts');
      exitCode = await isIssuer(ioOf(options));
    },
  );

  return async (argv) => {
    try {
      await program.parseAsync(argv, { from: 'user' });
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      if (error.exitCode !== 0) throw usageError(error);
    }
    return exitCode;
  };
}

function configOption(): Option {
  return new Option('--config <file>', 'configuration file [/etc/certbot-ha/config.yaml]');
}

function seconds(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && number >= 0 && number <= 3_600) return number;
  throw new InvalidArgumentError('expected a number of seconds, at most 3600');
}

function commandIo(config: string | undefined, err: (line: string) => void): CommandIo {
  return {
    env: config === undefined ? process.env : { ...process.env, CERTBOT_HA_CONFIG: config },
    pid: process.pid,
    out: (line) => {
      process.stdout.write(`${line}\n`);
    },
    err,
    // A serial console may say that it has no rows, and then nothing would be drawn.
    isTerminal: process.stdout.isTTY && process.stdout.rows > 0 && process.env['TERM'] !== 'dumb',
    interruption,
  };
}

/** commander words its complaints for a terminal, over several lines. */
function usageError({ code, message }: CommanderError): CertbotHaError {
  const text =
    code === 'commander.help'
      ? 'a command is missing'
      : message
          .replace(/^error: /, '')
          .replaceAll(/\n+/g, ' ')
          .replace('(Did you', '(did you')
          .replace(/\.$/, '')
          .replace(/\. ([A-Za-z])/, (_, first: string) => `: ${first.toLowerCase()}`);
  return new CertbotHaError('usage', text, { hint: 'certbot-ha --help lists commands and options' });
}
