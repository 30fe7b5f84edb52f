#!/usr/bin/env node
import { CertbotHaError, type ExitCode } from '../base/errors.ts';
import { readArguments } from '../system/read-arguments.ts';
import { writeLine } from '../system/write-line.ts';
import { processIo } from './process-io.ts';
import { runInstallLineage } from './run-install-lineage.ts';
import { runMain } from './run-main.ts';
import { secondsOf } from './seconds.ts';

const PROGRAM = {
  name: 'certbot-ha-installer',
  usage: '[--config FILE] [--watch | --wait SECONDS]',
  options: {
    config: { type: 'string' },
    watch: { type: 'boolean' },
    wait: { type: 'string' },
    help: { type: 'boolean' },
  },
} as const;

/** `certbot-ha install-lineage`, as systemd starts it: once a bundle, so without a parser to load. */
async function run(argv: readonly string[]): Promise<ExitCode> {
  const { config, watch, wait, help } = readArguments(PROGRAM, argv);
  if (help) {
    writeLine(
      1,
      `usage: ${PROGRAM.name} ${PROGRAM.usage}\n\nInstalls the lineages that have arrived in the inbox. ` +
        'certbot-ha install-lineage --help explains the options.',
    );
    return 0;
  }
  if (watch && wait !== undefined) {
    const problem = `${PROGRAM.name}: options --watch and --wait exclude each other`;
    const hint = `usage: ${PROGRAM.name} ${PROGRAM.usage}`;
    throw new CertbotHaError('usage', { code: 'usage', problem }, { hint });
  }
  return await runInstallLineage(processIo(config), { watch, wait: secondsOf(wait) });
}

void runMain(run);
