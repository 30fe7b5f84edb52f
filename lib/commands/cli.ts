#!/usr/bin/env node
import { lineOf } from '../findings/words.ts';
import { writeLine } from '../system/write-line.ts';
import { VERSION } from '../base/version.ts';
import { handle, type CommandExit } from './command.ts';
import { err, processIo } from './process-io.ts';
import { runMain } from './run-main.ts';
import { startedByUnits } from './started-by-units.ts';

async function run(argv: readonly string[]): Promise<CommandExit> {
  if (argv.length === 1 && argv[0] === '--version') {
    writeLine(1, VERSION);
    return 0;
  }
  const started = startedByUnits(argv);
  if (started !== null) {
    const { command, config } = started;
    return await handle(command, { config, $0: argv[0] ?? '', _: [] }, processIo(config));
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return; // a pager or head(1) may stop reading when it has enough
    err(lineOf({ code: 'stdout-not-written', error: String(error.code) }));
    process.exitCode = 1;
  });
  const { runProgram } = await import('./program.ts');
  return await runProgram(argv);
}

void runMain(run);
