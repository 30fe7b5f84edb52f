#!/usr/bin/env node
import yargs from 'yargs';
import type { CommandIo } from './commands/io.ts';
import { CertbotHaError, type ExitCode } from './errors.ts';
import { reportError } from './report-error.ts';
import { VERSION } from './version.ts';
import { interruption } from './process/interruption.ts';

interface GlobalOptions {
  readonly config?: string | undefined;
}

const err = (line: string) => {
  process.stderr.write(`certbot-ha: ${line}\n`);
};

function ioOf({ config }: GlobalOptions): CommandIo {
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

/** What comes after `certonly` is certbot's, all of it, so yargs must not look at it. */
function splitArguments(argv: readonly string[]) {
  const index = argv.indexOf('certonly');
  const isFirst =
    index !== -1 &&
    argv.slice(0, index).every((arg, at, all) => arg.startsWith('-') || all[at - 1] === '--config');
  return isFirst
    ? { own: argv.slice(0, index + 1), certbots: argv.slice(index + 1) }
    : { own: argv, certbots: [] };
}

async function main(): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const { own, certbots } = splitArguments(process.argv.slice(2));
  const wantsHelp = certbots.length === 1 && ['--help', '-h'].includes(certbots[0] ?? '');
  await yargs(wantsHelp ? [...own, '--help'] : [...own])
    .scriptName('certbot-ha')
    .usage("$0 COMMAND\n\nLet's Encrypt certificates by HTTP-01 on a keepalived cluster")
    .locale('en')
    .option('config', {
      type: 'string',
      requiresArg: true,
      describe: 'configuration file [/etc/certbot-ha/config.yaml]',
    })
    .command(
      'agent',
      'run the agent in the foreground',
      (command) => command,
      async (args) => {
        const { agent } = await import('./commands/agent.ts');
        exitCode = await agent(ioOf(args));
      },
    )
    .command(
      'drill [identifiers..]',
      'rehearse the whole path with made-up tokens, without the CA',
      (command) =>
        command.positional('identifiers', {
          type: 'string',
          array: true,
          default: [] as string[],
          defaultDescription: 'the names of all lineages',
          describe: 'DNS names or IP addresses',
        }),
      async (args) => {
        const { drill } = await import('./commands/drill.ts');
        exitCode = await drill(ioOf(args), args.identifiers);
      },
    )
    .command(
      'certonly',
      'run certbot certonly with the hooks; what follows goes to certbot, such as -d NAME; --here on a node that is not the issuer',
      (command) =>
        command.usage(
          '$0 certonly -d NAME...\n\nOptions of certbot-ha, such as --config, go before certonly.',
        ),
      async (args) => {
        const { certonly } = await import('./commands/certonly.ts');
        exitCode = await certonly(ioOf(args), certbots);
      },
    )
    .command(
      'status',
      'show the nodes, who holds the VIP, and the challenges that are present',
      (command) =>
        command
          .option('json', { type: 'boolean', describe: 'for programs' })
          .option('watch', { type: 'boolean', describe: 'again every 2 s until interrupted' })
          .conflicts('json', 'watch'),
      async (args) => {
        const { status } = await import('./commands/status.ts');
        exitCode = await status(ioOf(args), args);
      },
    )
    .command(
      'deploy [lineages..]',
      'bring lineages to every node again, as the deploy hook does',
      (command) =>
        command.positional('lineages', {
          type: 'string',
          array: true,
          default: [] as string[],
          defaultDescription: 'all',
          describe: 'names as certbot certificates shows them',
        }),
      async (args) => {
        const { deploy } = await import('./commands/deploy.ts');
        exitCode = await deploy(ioOf(args), args.lineages);
      },
    )
    .command(
      'sync',
      'push what peers lack, ask for what this node lacks',
      (command) => command,
      async (args) => {
        const { sync } = await import('./commands/sync.ts');
        exitCode = await sync(ioOf(args));
      },
    )
    .command(
      'install-lineage',
      'install the lineages that have arrived in the inbox',
      (command) =>
        command
          .option('watch', { type: 'boolean', describe: 'stay, and install what comes' })
          .option('wait', {
            type: 'number',
            requiresArg: true,
            describe: 'seconds to stay for what is staged and not activated yet [0]',
          })
          .conflicts('watch', 'wait'),
      async (args) => {
        const { installLineage } = await import('./commands/install-lineage.ts');
        exitCode = await installLineage(ioOf(args), args);
      },
    )
    .command(
      'is-issuer',
      'exit 0 if this node should renew now, 1 if not',
      (command) => command,
      async (args) => {
        const { isIssuer } = await import('./commands/is-issuer.ts');
        exitCode = await isIssuer(ioOf(args));
      },
    )
    .demandCommand(1, 'a command is missing')
    .recommendCommands()
    .strict()
    .version(VERSION)
    .alias('help', 'h')
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message, error) => {
      // yargs words its own complaints, a few of them as errors; ours pass through.
      if (error && error.name !== 'YError') throw error;
      throw new CertbotHaError(
        'usage',
        `${message.charAt(0).toLowerCase()}${message.slice(1)}`.replaceAll('\n', ': '),
        {
          hint: 'certbot-ha --help lists commands and options',
        },
      );
    })
    .parseAsync();
  return exitCode;
}

async function run(): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.exitCode = reportError(error, err);
  }
}

void run();
